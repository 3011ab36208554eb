import { startFunction } from '#shared/http/start-function.ts';
import { ConsoleConfig } from './config.ts';
import { createConsole } from './console.ts';

await startFunction(
  { name: 'console', config: ConsoleConfig, crossOrigin: false, create: createConsole },
  process.env,
);
