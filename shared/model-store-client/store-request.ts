import type { IncomingMessage } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import { signCredential } from '../credential/sign-credential.ts';
import { GatewayError } from '../errors.ts';

/** Where model-pull is, the secret that it has too, and who asks. */
export interface StoreAddress {
  url: string;
  secret: string;
  /** `operator`, `key 7`: for the log over there. */
  subject: string;
}

export interface StoreRequest {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  query?: Readonly<Record<string, string>>;
  body?: object;
  headers?: Readonly<Record<string, string>>;
  /** It may be delivered late and more than once. */
  isLasting?: boolean;
}

export interface Patience {
  /** Without a byte for so long the request is given up, before its answer and within it; absent: never. */
  silenceMs?: number;
  /** Ends the request and its answer. */
  signal?: AbortSignal | undefined;
}

/**
 * Sends a request to model-pull, over a connection of its own: a kept one may be dead after a freeze.
 *
 * @returns the head of its answer, of whatever status; the body is still to be read.
 * @throws GatewayError `upstream_error` when there is none.
 */
export async function askStore(
  address: StoreAddress,
  { method, path, query = {}, body, headers = {}, isLasting = false }: StoreRequest,
  { silenceMs, signal }: Patience,
): Promise<IncomingMessage> {
  const url = new URL(`${address.url.replace(/\/+$/, '')}${path}`);
  url.search = new URLSearchParams(query).toString();
  const { secret, subject } = address;
  const credential = await signCredential(secret, {
    audience: 'model-pull',
    subject,
    method,
    path: url.pathname,
    isLasting,
  });
  const bytes = body && Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      agent: false,
      headers: {
        accept: 'application/json',
        ...headers,
        authorization: `Bearer ${credential}`,
        ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }),
      },
      ...(silenceMs !== undefined && { timeout: silenceMs }),
      ...(signal && { signal }),
    });
    outgoing
      .on('timeout', () => outgoing.destroy(new Error('it has been silent for too long')))
      .on('error', (cause) => reject(connectionLost(cause)))
      .once('response', resolve)
      .end(bytes);
  });
}

/** Also of an answer that broke off. */
export const connectionLost = (cause: unknown): GatewayError =>
  new GatewayError('upstream_error', `The model store cannot be reached: ${reasonOf(cause)}.`, { cause });

/** Several addresses that were tried make an error without words. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return reasonOf(cause.errors[0]);
  return cause instanceof Error ? cause.message : String(cause);
}
