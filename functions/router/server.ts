import { upstreamVariables } from '#shared/catalog/upstream-variables.ts';
import { startFunction } from '#shared/http/start-function.ts';
import { RouterConfig } from './config.ts';
import { createRouter } from './router.ts';

await startFunction(
  {
    name: 'router',
    config: RouterConfig,
    crossOrigin: true,
    create: (config, log, environment) => createRouter(config, log, upstreamVariables(environment)),
  },
  process.env,
);
