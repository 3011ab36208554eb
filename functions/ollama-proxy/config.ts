import * as z from 'zod';
import { FunctionConfig } from '#shared/config.ts';
import { InternalSecret } from '#shared/credential/internal-secret.ts';
import { parseModelName, shortName } from '#shared/protocol/registry/model-name.ts';

const milliseconds = z.coerce.number().int().positive();

export const OllamaProxyConfig = z.object({
  ...FunctionConfig,
  /** What callers' credentials are signed with; nobody else may ask. */
  INTERNAL_SECRET: InternalSecret,
  /** Lets a Prometheus read `/metrics`, which cannot sign; absent: a credential alone does. */
  METRICS_TOKEN: z.string().min(32, 'must have at least 32 characters').optional(),

  /** What is started, as a JSON list of strings: the program and all its arguments. */
  OLLAMA_COMMAND: z
    .string()
    .default('["ollama","serve"]')
    .transform((text, context) => commandIn(text) ?? refuse(context, 'must be a JSON list of strings')),
  /** The store: where the NAS is mounted, and what model-pull writes. */
  OLLAMA_MODELS: z.string().startsWith('/', 'must be an absolute path'),
  /** Ollama writes a key there when it starts. */
  OLLAMA_HOME: z.string().startsWith('/', 'must be an absolute path').default('/tmp/ollama'),
  /** How many answers a model makes at once: our slots. Each takes memory for a whole context. */
  OLLAMA_NUM_PARALLEL: z.coerce.number().int().min(1).max(64).default(1),
  OLLAMA_MAX_LOADED_MODELS: z.coerce.number().int().min(1).max(16).default(1),
  /** Who waits in Ollama itself for a load. We ask for one at a time, so it is short. */
  OLLAMA_MAX_QUEUE: z.coerce.number().int().min(1).max(512).default(16),
  /** Said always: by itself Ollama takes up to 256k tokens where the card is large. */
  OLLAMA_CONTEXT_LENGTH: z.coerce.number().int().min(512).default(8192),
  OLLAMA_FLASH_ATTENTION: z.enum(['0', '1']).optional(),
  OLLAMA_KV_CACHE_TYPE: z.enum(['f16', 'q8_0', 'q4_0']).optional(),

  /** How long Ollama may take to answer after it was started. */
  START_TIMEOUT_MS: milliseconds.default(60_000),
  /** What it gets to end by itself before it is killed, with all that it has started. */
  STOP_TIMEOUT_MS: milliseconds.default(10_000),
  /** Three probes in a row without an answer, while nothing else is heard of it, and Ollama counts as hanging. */
  PROBE_EVERY_MS: milliseconds.default(5_000),
  PROBE_TIMEOUT_MS: milliseconds.default(5_000),
  /** The rest before it is started again: so long at first, twice as long after each start that comes to nothing. */
  RESTART_REST_MS: milliseconds.default(500),
  RESTART_MOST_REST_MS: milliseconds.default(30_000),

  /** Loaded before the first request, and again whenever Ollama was restarted; names with commas between. */
  MODELS_TO_LOAD: z
    .string()
    .default('')
    .transform((text, context) => modelsIn(text) ?? refuse(context, 'must be names of models')),
  /** How long `/initialize` waits for them; FC itself allows 300 s. What is not loaded then goes on loading. */
  INITIALIZE_TIMEOUT_MS: milliseconds.max(300_000).default(290_000),
  /** A load that makes no progress for so long has failed. Long: a NAS is slow at times. */
  LOAD_STALL_MS: milliseconds.default(300_000),
  /** And one that takes so long in all. */
  LOAD_TIMEOUT_MS: milliseconds.default(900_000),
  /** How long a failed load is not tried again, however many ask. */
  LOAD_REST_MS: milliseconds.default(5_000),
  UNLOAD_TIMEOUT_MS: milliseconds.default(10_000),

  /** How many may wait beside those that have a slot, be it for a slot or for a load, and how long for a slot. */
  QUEUE_LENGTH: z.coerce.number().int().min(0).max(1_000).default(8),
  QUEUE_WAIT_MS: milliseconds.default(10_000),
  /** A slot whose caller hung up rests so long: Ollama notices late while it reads a prompt (ollama#11889). */
  SLOT_REST_MS: z.coerce.number().int().min(0).max(60_000).default(250),
  /** How long a caller may leave what we wrote unread before it counts as gone. */
  CALLER_READ_TIMEOUT_MS: milliseconds.default(30_000),
});
export type OllamaProxyConfig = z.infer<typeof OllamaProxyConfig>;

const Command = z.tuple([z.string().min(1)], z.string());

function commandIn(text: string) {
  try {
    return Command.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** As Ollama lists them, each once. */
function modelsIn(text: string): string[] | undefined {
  const names = text.split(',').map((name) => name.trim());
  try {
    return [...new Set(names.filter((name) => name !== '').map((name) => shortName(parseModelName(name))))];
  } catch {
    return undefined;
  }
}

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
