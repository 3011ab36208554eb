import { existsSync } from 'node:fs';
import { localCommand } from './local-command.ts';
import { type LocalFunction, startFunction } from './local-function.ts';
import { mounted } from './mounts.ts';
import { type Settings, withDefaults } from './settings.ts';
import type { FunctionSpec } from './spec.ts';
import { assertTimersKnown } from './timers.ts';

export interface LocalFcOptions extends Partial<Settings> {
  functions: readonly FunctionSpec[];
  /** A fixed port for a function's address, by name; the others get any free one. */
  ports?: Record<string, number>;
  /** The folders of this machine that stand for those of a NAS, by mountDir. */
  mounts?: Record<string, string>;
}

export interface LocalFc {
  functions: ReadonlyMap<string, LocalFunction>;
  /** Ends every instance in order. */
  stop(): Promise<void>;
}

/** Function Compute on one machine: an address for each function, and processes behind it on demand. */
export async function startLocalFc(options: LocalFcOptions): Promise<LocalFc> {
  const { functions: asked, ports = {}, mounts = {}, ...chosen } = options;
  const settings = withDefaults(chosen);
  for (const spec of asked) assertRunnable(spec, settings);
  const functions = asked.map((spec) => mounted(spec, mounts));
  const started: LocalFunction[] = [];
  try {
    for (const spec of functions) started.push(await startFunction(spec, settings, ports[spec.name] ?? 0));
  } catch (error) {
    await Promise.all(started.map((each) => each.stop()));
    throw error;
  }
  let stopped: Promise<unknown> | undefined;
  return {
    functions: new Map(started.map((each) => [each.name, each])),
    async stop() {
      stopped ??= Promise.all(started.map((each) => each.stop()));
      await stopped;
    },
  };
}

/** Complains before anything listens, and not at the first request. */
function assertRunnable(spec: FunctionSpec, { timers }: Settings): void {
  localCommand(spec);
  if (timers) assertTimersKnown(spec.name, spec.timers);
  if (existsSync(spec.codeDirectory)) return;
  throw new Error(`${spec.name}: there is no ${spec.codeDirectory}. Has it been built (npm run build)?`);
}
