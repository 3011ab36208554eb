import { startFunction } from '#shared/http/start-function.ts';
import { OllamaProxyConfig } from './config.ts';
import { createProxy } from './proxy.ts';

await startFunction(
  { name: 'ollama-proxy', config: OllamaProxyConfig, crossOrigin: false, create: createProxy },
  process.env,
);
// Where the door could not be opened, nobody would ever end the Ollama behind it.
if (process.exitCode) process.exit();
