import { startBundle } from '../bundle.ts';
import type { LocalFc } from '../fc/local-fc.ts';
import { STRICT } from '../fc/strict.ts';
import type { StartArguments } from './arguments.ts';
import { choosePort } from './choose-port.ts';
import { FunctionLog } from './function-log.ts';
import type { LocalSecrets } from './local-secrets.ts';
import { metricsToken } from './metrics-token.ts';
import { ollamaProxyStandIn } from './ollama-proxy.ts';
import { pullVariables } from './pull-variables.ts';
import { upstreamVariables } from './upstream-variables.ts';

interface Places {
  databaseUrl: string;
  dataDirectory: string;
  /** The store of models. */
  models: string;
}

/** The bundle; somebody else may take a port between our look and our listening, then there are others. */
export async function startFunctions(
  { databaseUrl, dataDirectory, models }: Places,
  secrets: LocalSecrets,
  options: StartArguments,
): Promise<LocalFc> {
  const log = new FunctionLog((text) => process.stderr.write(text));
  const proxy = ollamaProxyStandIn(process.env, dataDirectory);
  const forMetrics = { METRICS_TOKEN: metricsToken(secrets.internalSecret) };
  for (let triesLeft = 5; ; triesLeft -= 1) {
    try {
      const routerPort = await choosePort(options.port);
      return await startBundle({
        databaseUrl,
        secrets,
        models,
        containers: proxy ? { 'ollama-proxy': proxy } : {},
        routerPort,
        consolePort: await choosePort(routerPort + 1),
        environment: {
          router: upstreamVariables(process.env),
          'model-pull': pullVariables(process.env),
          console: forMetrics,
          'ollama-proxy': forMetrics,
        },
        ...(options.strict ? STRICT : { freeze: false, cors: false }),
        timers: true,
        onLog: (line) => log.line(line),
        onMissedRun: (run) => log.missed(run),
        onFailedInvocation: (invocation) => log.failed(invocation),
        onLogFault: (fault) => log.fault(fault),
        onEndedInstance: (instance) => log.ended(instance),
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || triesLeft === 0) throw error;
    }
  }
}
