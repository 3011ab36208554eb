import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelJob } from '#shared/model-jobs/job.ts';

export interface Seen {
  method: string;
  path: string;
  query: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect
  body: any;
  headers: IncomingMessage['headers'];
  subject: string;
}

export interface Turn extends Pick<Seen, 'body' | 'headers'> {
  /** Of paths that name one. */
  job: ModelJob;
  outgoing: ServerResponse;
}

/** An answer that takes the place of the fake's own, once. */
export type Fault = (response: ServerResponse) => void;

export const toLine = (line: object) => `${JSON.stringify(line)}\n`;

export function json(outgoing: ServerResponse, value: unknown, status = 200): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** As our functions refuse, on paths of ours. */
export function refuse(outgoing: ServerResponse, status: number, message: string): void {
  json(outgoing, { error: { message, type: 'invalid_request_error', param: null, code: null } }, status);
}
