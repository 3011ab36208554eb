/** What a request asks for, in the words of OSS's API; others are not taken. */
export type Operation =
  | 'GetObject'
  | 'HeadObject'
  | 'PutObject'
  | 'InitiateMultipartUpload'
  | 'UploadPart'
  | 'ListParts'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload';

export function operationOf(method: string, query: ReadonlyMap<string, string>): Operation | undefined {
  const isOfUpload = query.has('uploadId');
  switch (method) {
    case 'GET':
      return isOfUpload ? 'ListParts' : 'GetObject';
    case 'HEAD':
      return 'HeadObject';
    case 'PUT':
      return isOfUpload ? 'UploadPart' : 'PutObject';
    case 'POST':
      if (isOfUpload) return 'CompleteMultipartUpload';
      return query.has('uploads') ? 'InitiateMultipartUpload' : undefined;
    case 'DELETE':
      return isOfUpload ? 'AbortMultipartUpload' : undefined;
    default:
      return undefined;
  }
}
