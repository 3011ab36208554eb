import * as z from 'zod';
import { readKeepAliveMs } from './keep-alive.ts';

/** What Ollama takes for true: everything but what Go reads as false. */
const Flag = z
  .string()
  .default('')
  .transform((text) => !['', '0', 'f', 'false'].includes(text.toLowerCase()));
const Count = (fallback: number) => z.coerce.number().int().min(0).default(fallback);
/** A Go duration, or seconds. */
const Duration = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text) => readKeepAliveMs(/^-?\d+$/.test(text) ? Number(text) : text) ?? 0);

/** What `ollama serve` reads, with Ollama's own defaults (reference: ollama/envconfig/config.go). */
export const ServeEnvironment = z
  .object({
    HOME: z.string({ error: '$HOME is not defined' }).min(1, '$HOME is not defined'),
    OLLAMA_HOST: z.string().default('127.0.0.1:11434').transform(readHost),
    OLLAMA_MODELS: z.string().optional(),
    OLLAMA_NOPRUNE: Flag,
    OLLAMA_NO_CLOUD: Flag,
    OLLAMA_NUM_PARALLEL: Count(1),
    OLLAMA_MAX_LOADED_MODELS: Count(3),
    OLLAMA_MAX_QUEUE: Count(512),
    OLLAMA_CONTEXT_LENGTH: Count(0),
    OLLAMA_KEEP_ALIVE: Duration('5m'),
    OLLAMA_LOAD_TIMEOUT: Duration('5m'),
    /** Not Ollama's: see `serve-mischief.ts`. */
    FAKE_OLLAMA_MISCHIEF: z.string().optional(),
  })
  .transform((env) => ({
    ...env,
    OLLAMA_MODELS: env.OLLAMA_MODELS || `${env.HOME}/.ollama/models`,
    // Nothing to wait for is no limit here, unlike for keep_alive.
    OLLAMA_LOAD_TIMEOUT: env.OLLAMA_LOAD_TIMEOUT > 0 ? env.OLLAMA_LOAD_TIMEOUT : Number.POSITIVE_INFINITY,
  }));
export type ServeEnvironment = z.infer<typeof ServeEnvironment>;

function readHost(text: string, context: z.RefinementCtx): { port: number } {
  const [, host = '', port = '11434'] = /^(?:http:\/\/)?([^:/]*)(?::(\d+))?\/?$/.exec(text) ?? [];
  if (!['127.0.0.1', 'localhost'].includes(host)) {
    context.addIssue(`OLLAMA_HOST=${text}: this fake opens to nobody but its own machine`);
  }
  return { port: Number(port) };
}
