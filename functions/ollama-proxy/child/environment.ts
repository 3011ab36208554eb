import type { OllamaProxyConfig } from '../config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What finding the program, its libraries and the card needs; nothing else of ours is Ollama's to know. */
const PASSED_ON = /^(PATH|LD_LIBRARY_PATH|(NVIDIA|CUDA)_\w+)$/;

/**
 * The whole environment of `ollama serve` (reference: ollama/envconfig/config.go). Secrets, Function Compute's
 * credentials and settings of Ollama that we do not name never reach it: `OLLAMA_DEBUG`, for one, would log prompts.
 */
export function ollamaEnvironment(
  config: OllamaProxyConfig,
  inherited: Environment,
  port: number,
): Record<string, string> {
  return {
    ...present(inherited, (name) => PASSED_ON.test(name)),
    ...present({
      OLLAMA_FLASH_ATTENTION: config.OLLAMA_FLASH_ATTENTION,
      OLLAMA_KV_CACHE_TYPE: config.OLLAMA_KV_CACHE_TYPE,
    }),
    HOME: config.OLLAMA_HOME,
    OLLAMA_HOST: `127.0.0.1:${port}`,
    OLLAMA_MODELS: config.OLLAMA_MODELS,
    // The store is shared: one that starts must not remove what a pull of another is about to name.
    OLLAMA_NOPRUNE: '1',
    // Else it calls ollama.com when it starts, and prompts for cloud models would go there.
    OLLAMA_NO_CLOUD: '1',
    // For ever: how long the instance lives is how long its models stay.
    OLLAMA_KEEP_ALIVE: '-1',
    // Else it may leave a model's own template aside, and with it what was derived by editing that.
    OLLAMA_GO_TEMPLATE: '1',
    OLLAMA_NUM_PARALLEL: String(config.OLLAMA_NUM_PARALLEL),
    OLLAMA_MAX_LOADED_MODELS: String(config.OLLAMA_MAX_LOADED_MODELS),
    OLLAMA_MAX_QUEUE: String(config.OLLAMA_MAX_QUEUE),
    OLLAMA_CONTEXT_LENGTH: String(config.OLLAMA_CONTEXT_LENGTH),
    OLLAMA_LOAD_TIMEOUT: `${config.LOAD_STALL_MS}ms`,
  };
}

function present(variables: Environment, isWanted = (_name: string) => true): Record<string, string> {
  const entries = Object.entries(variables).filter(([name, value]) => value !== undefined && isWanted(name));
  return Object.fromEntries(entries) as Record<string, string>;
}
