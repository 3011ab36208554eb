import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { callHook, isHealthy } from './control-request.ts';
import type { InstanceProcess } from './instance-process.ts';
import { Refusal } from './refusal.ts';
import type { FunctionSpec } from './spec.ts';

export interface RunningInstance {
  spec: FunctionSpec;
  process: InstanceProcess;
  port: number;
}

/** Waits until the instance listens and its health check, if it has one, is good. */
export async function listening(instance: RunningInstance, timeoutMs: number): Promise<void> {
  const { spec, port } = instance;
  const deadline = performance.now() + timeoutMs;
  const within = `within ${timeoutMs / 1000} s`;
  await poll(instance, deadline, () => isListening(port), `did not listen on port ${port} ${within}`);
  const { healthCheckUrl } = spec;
  if (healthCheckUrl === undefined) return;
  const failure = `did not pass its health check ${healthCheckUrl} ${within}`;
  await poll(instance, deadline, () => isHealthy(port, healthCheckUrl), failure);
}

/** Calls the initializer, if the function has one. */
export async function initialized(instance: RunningInstance): Promise<void> {
  const { spec, port } = instance;
  if (!spec.initializer) return;
  let status: number;
  try {
    status = await callHook(spec, port, '/initialize', spec.initializer.timeoutSeconds);
  } catch (cause) {
    throw await notStarted(instance, 'did not answer POST /initialize', cause);
  }
  if (status >= 400) throw await notStarted(instance, `answered POST /initialize with ${status}`);
}

async function poll(
  instance: RunningInstance,
  deadline: number,
  isTrue: () => Promise<boolean>,
  failure: string,
): Promise<void> {
  while (!(await isTrue())) {
    const isOver = instance.process.exitReason !== undefined || performance.now() > deadline;
    if (isOver) throw await notStarted(instance, failure);
    await delay(pollMs);
  }
}

const pollMs = 10;

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Ends the instance, names the function and shows its last words: the reason is in them more often than not. */
async function notStarted(
  { spec, process }: RunningInstance,
  what: string,
  cause?: unknown,
): Promise<Refusal> {
  const { exitReason, lastLines } = process;
  process.signalAll('SIGKILL');
  await process.ended;
  const how = exitReason === undefined ? what : `${exitReason} before it was ready`;
  const words = lastLines.length > 0 ? ` Its last lines:\n${lastLines.join('\n')}` : ' It wrote nothing.';
  return new Refusal('FunctionNotStarted', `${spec.name}: the instance ${how}.${words}`, { cause });
}
