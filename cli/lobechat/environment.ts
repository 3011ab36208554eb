import type { ModelEntry } from '#shared/catalog/document.ts';
import { listedModel, modelList } from '#shared/lobechat/model-list.ts';
import { Refusal } from '#shared/tenancy/refusal.ts';

interface Wish {
  /** The router's, with /v1. */
  baseUrl: string;
  /** Empty: whoever pastes it fills it in. */
  key: string;
  models: readonly ModelEntry[];
  /** One of them, for new conversations and for their titles. */
  first: string;
}

/** What any LobeChat needs to offer these models by the gateway, and nothing else; 1.x and 2.x read the same. */
export function lobechatEnvironment({ baseUrl, key, models, first }: Wish): Record<string, string> {
  return {
    OPENAI_PROXY_URL: baseUrl,
    OPENAI_API_KEY: key,
    OPENAI_MODEL_LIST: modelList(models.map(listedModel)),
    DEFAULT_AGENT_CONFIG: `model=${first};provider=openai`,
    // Else a title is asked of a model of OpenAI's, at each new conversation.
    SYSTEM_AGENT: `default=openai/${first}`,
    ENABLED_OLLAMA: '0',
    LLM_VISION_IMAGE_USE_BASE64: '1',
  };
}

/** The same for the LobeChat that is deployed from here, by the names of .env.example; s.yaml has the rest. */
export const deployEnvironment = ({ baseUrl, key, models, first }: Wish): Record<string, string> => ({
  LOBECHAT_ROUTER_URL: baseUrl,
  LOBECHAT_ROUTER_KEY: key,
  LOBECHAT_MODEL_LIST: modelList(models.map(listedModel)),
  LOBECHAT_DEFAULT_MODEL: first,
});

/** Which model LobeChat begins with. @throws Refusal */
export function firstModel(models: readonly ModelEntry[], wanted: string | undefined): string {
  const names = models.map(({ name }) => name);
  const name = wanted ?? names.find(isWord);
  if (name === undefined || !names.includes(name))
    throw new Refusal(
      'not_found',
      `--default must be one of the models that are offered: ${names.join(', ')}.`,
    );
  if (!isWord(name))
    throw new Refusal('invalid', `LobeChat would read '${name}' as no name: --default another.`);
  return name;
}

// parseAgentConfig makes numbers and booleans of what looks like them.
const isWord = (name: string) => Number.isNaN(Number(name)) && !/^(true|false)$/i.test(name);

/** As lines that docker compose, dotenv and a shell read alike. */
export const dotEnv = (environment: Readonly<Record<string, string>>): string =>
  Object.entries(environment)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join('');

// No value has a " or a $: isSayable and the form of addresses and keys see to it.
const quoted = (value: string) =>
  /^[\w@%+=:,./-]*$/.test(value) ? value : value.includes("'") ? `"${value}"` : `'${value}'`;
