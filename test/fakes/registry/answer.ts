import { type ByteRange, type Content, contentOf } from './content.ts';

/** What is to be sent, before any fault has been at it. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  content: Content;
  /** Of `content`; all of it when left out. */
  range?: ByteRange;
}

/** How registries tell an error (Docker's Registry HTTP API V2, "Errors"). */
const ERRORS = {
  UNAUTHORIZED: [401, 'authentication required'],
  MANIFEST_INVALID: [400, 'manifest invalid'],
  MANIFEST_UNKNOWN: [404, 'manifest unknown'],
  BLOB_UNKNOWN: [404, 'blob unknown to registry'],
  DIGEST_INVALID: [400, 'provided digest did not match uploaded content'],
  UNSUPPORTED: [405, 'The operation is unsupported.'],
} as const satisfies Record<string, readonly [number, string]>;

export function dockerError(
  code: keyof typeof ERRORS,
  headers: Record<string, string> = {},
  message: string = ERRORS[code][1],
): Answer {
  const body = JSON.stringify({ errors: [{ code, message, detail: {} }] });
  const type = 'application/json; charset=utf-8';
  return { ...textAnswer(ERRORS[code][0], body), headers: { 'content-type': type, ...headers } };
}

/** As the stores behind a CDN tell one. */
export const s3Error = (status: number, code: string, message: string): Answer => ({
  ...textAnswer(
    status,
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  ),
  headers: { 'content-type': 'application/xml' },
});

export const textAnswer = (status: number, text: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  content: contentOf(Buffer.from(text)),
});

export const redirectAnswer = (status: number, location: string): Answer => ({
  ...textAnswer(status, ''),
  headers: { location },
});
