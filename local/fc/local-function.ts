import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isAsync, refusalOf } from './admission.ts';
import type { AsyncInvocation } from './async-invocation.ts';
import { AsyncInvocations } from './async-invocations.ts';
import { type Call, clientGone, fail, openCall, within } from './call.ts';
import { forward } from './forward.ts';
import type { Instance } from './instance.ts';
import type { InstancePool } from './instance-pool.ts';
import { answersPreflight } from './preflight.ts';
import type { Settings } from './settings.ts';
import type { FunctionSpec } from './spec.ts';
import { runForTimer } from './timer-run.ts';
import type { TimerTrigger } from './timer-trigger.ts';
import { startTimers } from './timers.ts';
import { type Alias, Versions } from './versions.ts';

/** One function behind its triggers. */
export interface LocalFunction {
  name: string;
  url: string;
  port: number;
  /** The variables that s.yaml gives it. */
  environment: Readonly<Record<string, string>>;
  /** The living ones, oldest first; a new list each time it is read. */
  readonly instances: readonly Instance[];
  /** Keeps the function as it stands, with these changes, as the next version; gives its id, from `1`. */
  publishVersion(changes?: Partial<FunctionSpec>): string;
  /** Has the address stand for an alias from the next call on: for a version, or for two with a share. */
  pointAlias(alias: Alias): void;
  /** Starts an instance before the first request asks for one, and waits until it may serve. */
  warmUp(): Promise<Instance>;
  /** Fires a timer of s.yaml now; gives the status of the function's answer, or of FC's where none came. */
  fireTimer(triggerName: string): Promise<number>;
  /** What it was given to do later, oldest first. */
  readonly asyncInvocations: readonly AsyncInvocation[];
  /** FC's StopAsyncTask: what has not begun never will, and of what runs the request is aborted. */
  stopAsyncTask(id: string): void;
  stop(): Promise<void>;
}

export async function startFunction(
  spec: FunctionSpec,
  settings: Settings,
  wantedPort: number,
): Promise<LocalFunction> {
  const versions = new Versions(spec, settings);
  const later = new AsyncInvocations(spec, settings);
  const undelivered = new Set<ServerResponse>();
  const server = gateway(async (request, response) => {
    undelivered.add(response.on('close', () => undelivered.delete(response)));
    const version = versions.next();
    await serve(openCall(version.spec, settings, request, response), version.pool, later);
  });
  server.listen(wantedPort, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { latest } = versions; // the timers of s.yaml name no version; only a domain leads to an alias
  const fire = (timer: TimerTrigger) => runForTimer(latest.spec, settings, latest.pool, timer);
  versions.provision();
  const timers = startTimers(settings.timers ? spec.timers : [], (timer) => void fire(timer));
  return {
    name: spec.name,
    url: `http://127.0.0.1:${port}`,
    port,
    environment: spec.environment,
    get instances() {
      return versions.instances;
    },
    publishVersion: (changes) => versions.publish(changes),
    pointAlias: (alias) => versions.point(alias),
    async warmUp() {
      const instance = versions.next().pool.start();
      await instance.ready;
      return instance;
    },
    async fireTimer(triggerName) {
      const timer = spec.timers.find(({ name }) => name === triggerName);
      if (!timer) throw new Error(`${spec.name} has no timer ${triggerName} that is switched on.`);
      return await fire(timer);
    },
    get asyncInvocations() {
      return later.all;
    },
    stopAsyncTask: (id) => later.stop(id),
    async stop() {
      timers.stop();
      later.close();
      server.close();
      await versions.close();
      // The instances have said all they had to say, but a slow caller may not have read it yet.
      const delivered = Promise.all([...undelivered].map((response) => once(response, 'close')));
      await Promise.race([delivered, delay(settings.drainTimeoutMs, undefined, { ref: false })]);
      server.closeAllConnections();
    },
  };
}

async function serve(call: Call, pool: InstancePool, later: AsyncInvocations): Promise<void> {
  if (answersPreflight(call)) return;
  try {
    const refusal = refusalOf(call.spec, call.request);
    if (refusal) throw refusal;
    if (isAsync(call.request)) return await later.accept(call, pool);
    const instance = pool.choose();
    await instance.serve(() => exchange(call, instance), call.ended);
  } catch (error) {
    fail(call, error);
  }
}

async function exchange(call: Call, instance: Instance): Promise<void> {
  if (call.ended.aborted) return; // the caller did not wait for the start
  try {
    await within(call, () => forward(call, instance));
  } catch (error) {
    if (call.ended.reason === clientGone && isReplacedOnHangUp(call.spec)) void instance.kill();
    fail(call, error);
  }
}

/** Without a health check FC cannot tell whether an instance got over a call that nobody waits for. */
const isReplacedOnHangUp = (spec: FunctionSpec) =>
  spec.instanceConcurrency === 1 && spec.healthCheckUrl === undefined;

/** A server without clocks of its own: how long a call may take is the function's affair. */
function gateway(onCall: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Server {
  const clocks = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };
  // Large enough that it is we who refuse headers over FC's limit, in FC's words.
  const server = createServer({ ...clocks, maxHeaderSize: 64 * 1024 });
  const listener = (request: IncomingMessage, response: ServerResponse) => void onCall(request, response);
  // With a listener for it, `100 Continue` waits until somebody wants the body.
  return server.on('request', listener).on('checkContinue', listener);
}
