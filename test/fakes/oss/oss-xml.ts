import type { IncomingMessage, ServerResponse } from 'node:http';

export function tellError(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
): void {
  const body = `<Error>
  <Code>${code}</Code>
  <Message>The fake store says ${code}.</Message>
  <RequestId>5C3D9175B6FC201293AD4890</RequestId>
  <HostId>${request.headers.host}</HostId>
</Error>
`;
  // What has no body is told in a header.
  if (request.method === 'HEAD') response.setHeader('x-oss-err', Buffer.from(body).toString('base64'));
  tellXml(request, response, body, status);
}

export function tellXml(
  request: IncomingMessage,
  response: ServerResponse,
  content: string,
  status = 200,
): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${content}`;
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

export const xmlText = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
