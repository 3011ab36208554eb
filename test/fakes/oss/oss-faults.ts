import type { IncomingMessage, ServerResponse } from 'node:http';

/** What becomes of the reading of an object, once. */
export type OssFault =
  /** The head comes, then so many bytes, and then nothing until the client goes. */
  | { kind: 'hang'; afterBytes: number }
  /** Nothing comes at all. */
  | { kind: 'silence' }
  | { kind: 'cut'; afterBytes: number }
  | { kind: 'redirect'; to: string }
  | { kind: 'status'; status: number; code: string }
  /** The body is sent without its length. */
  | { kind: 'no-length' };

export function misbehave(
  fault: OssFault,
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Buffer,
): void {
  const head = { 'content-type': 'image/png', 'content-length': bytes.length };
  switch (fault.kind) {
    case 'silence':
      return;
    case 'hang':
      response.writeHead(200, head).write(bytes.subarray(0, fault.afterBytes));
      return;
    case 'cut':
      response
        .writeHead(200, head)
        .write(bytes.subarray(0, fault.afterBytes), () => request.socket.destroy());
      return;
    case 'redirect':
      response.writeHead(302, { location: fault.to }).end();
      return;
    case 'no-length':
      response.writeHead(200, { 'content-type': 'image/png' });
      response.write(bytes.subarray(0, 1));
      response.end(bytes.subarray(1));
      return;
    case 'status':
      tellError(request, response, fault.status, fault.code);
  }
}

export function tellError(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?>
<Error>
  <Code>${code}</Code>
  <Message>The fake store says ${code}.</Message>
  <RequestId>5C3D9175B6FC201293AD4890</RequestId>
  <HostId>${request.headers.host}</HostId>
</Error>
`;
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
