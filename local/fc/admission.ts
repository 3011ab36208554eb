import type { IncomingMessage } from 'node:http';
import { headerBytes } from './header-lists.ts';
import { Refusal } from './refusal.ts';
import type { FunctionSpec } from './spec.ts';

const kilobyte = 1024;
const maxHeaderBytes = 8 * kilobyte;
const maxPathBytes = 4 * kilobyte;
export const maxBodyBytes = 32 * kilobyte * kilobyte;
export const maxAsyncBodyBytes = 128 * kilobyte;

/** What FC answers to a request that it never shows to a function; undefined for one that it does. */
export function refusalOf(spec: FunctionSpec, request: IncomingMessage): Refusal | undefined {
  const { method = '', url = '', rawHeaders, headers } = request;
  const bodyLimit = isAsync(request) ? maxAsyncBodyBytes : maxBodyBytes;
  return (
    excess('request headers', headerBytes(rawHeaders), maxHeaderBytes) ??
    excess('path with its query', url.length, maxPathBytes) ??
    wrongMethod(spec, method) ??
    excess('body', Number(headers['content-length'] ?? 0), bodyLimit) ??
    (isAsync(request) ? asyncRefusal(spec, request) : undefined)
  );
}

/** Whether the caller wants it to be done later, and to be told no more than that it will be. */
export const isAsync = ({ headers }: IncomingMessage): boolean =>
  headers['x-fc-invocation-type']?.toString().toLowerCase() === 'async';

function asyncRefusal(spec: FunctionSpec, { headers }: IncomingMessage): Refusal | undefined {
  if (headers['x-fc-async-delay'] !== undefined)
    return new Refusal('NotImplemented', 'The local FC begins asynchronous invocations at once.');
  if (headers['x-fc-async-task-id'] !== undefined && !spec.async.isTask)
    return new Refusal('InvalidArgument', `${spec.name} has no asynchronous tasks (asyncTask in s.yaml).`);
  return undefined;
}

export function excess(what: string, bytes: number, maxBytes: number): Refusal | undefined {
  if (bytes <= maxBytes) return undefined;
  return new Refusal('InvalidArgument', `The ${what} has ${bytes} bytes, more than ${maxBytes}.`);
}

/** As FC's list of errors has it (help.aliyun.com/document_detail/85445.html): 404 without a trigger, and no 405 with one. */
function wrongMethod({ name, httpMethods }: FunctionSpec, method: string): Refusal | undefined {
  if (httpMethods.length === 0) return new Refusal('TriggerNotFound', `${name} has no HTTP trigger.`);
  if (httpMethods.includes(method)) return undefined;
  return new Refusal('AccessDenied', `${method} is not among the methods of ${name}'s trigger.`);
}
