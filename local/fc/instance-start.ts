import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { instanceEnvironment } from './instance-environment.ts';
import { InstanceProcess } from './instance-process.ts';
import { localCommand } from './local-command.ts';
import { logFaults, secretsOf } from './log-faults.ts';
import { initialized, listening, type RunningInstance } from './readiness.ts';
import type { Settings } from './settings.ts';
import type { FunctionSpec } from './spec.ts';

/**
 * Brings up the process of an instance, ready for its first request.
 *
 * One that fails its initializer is started anew, as FC does, but not for ever: here it is a fault in
 * the function that somebody wants to see. `killed` ends the start, and is what kills the process later.
 */
export async function startInstance(
  spec: FunctionSpec,
  settings: Settings,
  instanceId: string,
  killed: AbortSignal,
): Promise<RunningInstance> {
  await delay(settings.startDelayMs, undefined, { signal: killed });
  for (let attempt = 1; ; attempt++) {
    const instance = await spawnInstance(spec, settings, instanceId, killed);
    await listening(instance, settings.startTimeoutMs);
    try {
      await initialized(instance);
      return instance;
    } catch (error) {
      if (attempt === initializeAttempts || killed.aborted) throw error;
    }
  }
}

const initializeAttempts = 3;

async function spawnInstance(
  spec: FunctionSpec,
  settings: Settings,
  instanceId: string,
  killed: AbortSignal,
) {
  const port = await freePort();
  killed.throwIfAborted();
  const environment = instanceEnvironment(spec, { id: instanceId, port });
  const from = { functionName: spec.name, instanceId };
  const secrets = secretsOf(spec);
  const process = new InstanceProcess(localCommand(spec), environment, (stream, line) => {
    for (const fault of logFaults(line, secrets)) settings.onLogFault({ ...from, fault });
    settings.onLog({ ...from, stream, line });
  });
  killed.addEventListener('abort', () => process.signalAll('SIGKILL'));
  return { spec, process, port };
}
