import type { HttpFunction } from '#shared/http/door.ts';
import type { Log } from '#shared/log.ts';
import { createApp } from './app.ts';
import type { OllamaProxyConfig } from './config.ts';
import { Engine } from './engine.ts';
import { Gate } from './gate/gate.ts';
import { Metrics } from './metrics/metrics.ts';
import { atMost } from './rest.ts';

/** What the requests of one instance share. */
export interface OllamaProxy {
  config: OllamaProxyConfig;
  engine: Engine;
  gate: Gate;
  metrics: Metrics;
}

/** Builds the proxy and starts its Ollama; the door need not wait for it. */
export function createProxy(
  config: OllamaProxyConfig,
  log: Log,
  environment: Readonly<Record<string, string | undefined>>,
): HttpFunction {
  const metrics = new Metrics();
  const gate = new Gate({
    slots: config.OLLAMA_NUM_PARALLEL,
    queueLength: config.QUEUE_LENGTH,
    queueWaitMs: config.QUEUE_WAIT_MS,
    onWaited: (ms) => metrics.waited(ms),
  });
  const engine = new Engine(config, log, metrics, environment);
  const app = createApp({ config, engine, gate, metrics });
  engine.start();
  let stopped: Promise<void> | undefined;
  return {
    fetch: (request, exchange) => app.fetch(request, exchange),
    // Alive, whatever Ollama does: another instance would not have a better one. `/readyz` tells of Ollama.
    health: async () => ({ status: 'ok' }),
    initialize: () => warmUp(engine, config.INITIALIZE_TIMEOUT_MS),
    preStop: () => {
      stopped ??= stop(gate, engine, config.DRAIN_TIMEOUT_MS);
      return stopped;
    },
  };
}

/** Waits until each configured model was tried, within the bound; loads that are under way then go on. */
async function warmUp(engine: Engine, timeoutMs: number): Promise<void> {
  const { warmUp } = await engine.life(timeoutMs);
  await atMost(timeoutMs, warmUp.tried);
}

/** Lets nobody in, waits for those who are, and gives back the card. */
async function stop(gate: Gate, engine: Engine, drainTimeoutMs: number): Promise<void> {
  await atMost(drainTimeoutMs, gate.close());
  await engine.stop();
}
