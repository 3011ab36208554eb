import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { commonHeaders } from './common-headers.ts';
import type { FunctionSpec } from './spec.ts';

/** Calls one of the hooks that FC itself calls on an instance, and returns the status of the answer. */
export async function callHook(
  spec: FunctionSpec,
  port: number,
  hook: '/initialize' | '/pre-stop',
  timeoutSeconds: number,
): Promise<number> {
  const method = hook === '/initialize' ? 'POST' : 'GET';
  const headers = commonHeaders(spec, randomUUID(), hook);
  return await statusOf({ port, method, path: hook, headers, timeoutMs: timeoutSeconds * 1000 });
}

/** Whether the function's own health check says yes (2xx or 3xx), within the three seconds FC allows it. */
export async function isHealthy(port: number, path: string): Promise<boolean> {
  try {
    const status = await statusOf({ port, method: 'GET', path, headers: {}, timeoutMs: 3_000 });
    return status >= 200 && status < 400;
  } catch {
    return false;
  }
}

interface ControlRequest {
  port: number;
  method: string;
  path: string;
  headers: Record<string, string>;
  timeoutMs: number;
}

async function statusOf({ timeoutMs, ...options }: ControlRequest): Promise<number> {
  const signal = AbortSignal.timeout(timeoutMs);
  const sent = request({ host: '127.0.0.1', agent: false, signal, ...options }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  return answer.statusCode ?? 0;
}
