import { startFunction } from '#shared/http/start-function.ts';
import { createApp } from './app.ts';
import { CustomAgentConfig } from './config.ts';

await startFunction(
  {
    name: 'custom-agent',
    config: CustomAgentConfig,
    crossOrigin: false,
    create(config) {
      const app = createApp(config);
      return {
        fetch: (request, exchange) => app.fetch(request, exchange),
        health: async () => ({ status: 'ok' }),
        initialize: async () => {},
        preStop: async () => {},
      };
    },
  },
  process.env,
);
