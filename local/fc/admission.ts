import type { IncomingMessage } from 'node:http';
import { headerBytes } from './header-lists.ts';
import { Refusal } from './refusal.ts';
import type { FunctionSpec } from './spec.ts';

const kilobyte = 1024;
const maxHeaderBytes = 8 * kilobyte;
const maxPathBytes = 4 * kilobyte;
export const maxBodyBytes = 32 * kilobyte * kilobyte;
const maxAsyncBodyBytes = 128 * kilobyte;

/** What FC answers to a request that it never shows to a function; undefined for one that it does. */
export function refusalOf(spec: FunctionSpec, request: IncomingMessage): Refusal | undefined {
  const { method = '', url = '', rawHeaders, headers } = request;
  const isAsync = headers['x-fc-invocation-type']?.toString().toLowerCase() === 'async';
  return (
    excess('request headers', headerBytes(rawHeaders), maxHeaderBytes) ??
    excess('path with its query', url.length, maxPathBytes) ??
    wrongMethod(spec, method) ??
    excess('body', Number(headers['content-length'] ?? 0), isAsync ? maxAsyncBodyBytes : maxBodyBytes) ??
    (isAsync
      ? new Refusal('NotImplemented', 'The local FC takes no asynchronous invocations yet.')
      : undefined)
  );
}

export function excess(what: string, bytes: number, maxBytes: number): Refusal | undefined {
  if (bytes <= maxBytes) return undefined;
  return new Refusal('InvalidArgument', `The ${what} has ${bytes} bytes, more than ${maxBytes}.`);
}

function wrongMethod(spec: FunctionSpec, method: string): Refusal | undefined {
  if (spec.httpMethods.includes(method)) return undefined;
  return new Refusal('MethodNotAllowed', `${method} is not among the methods of ${spec.name}'s trigger.`);
}
