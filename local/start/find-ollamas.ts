import * as z from 'zod';
import { isCloudModel } from '#shared/protocol/ollama/chat-request.ts';

const DEFAULT_URL = 'http://127.0.0.1:11434';
/** Of each request. */
const TIMEOUT_MS = 5_000;
const ASKED_AT_ONCE = 4;

const Tags = z.object({
  models: z.array(z.looseObject({ name: z.string(), remote_host: z.string().optional() })),
});

const Show = z.looseObject({
  capabilities: z.array(z.string()).default([]),
  model_info: z.record(z.string(), z.unknown()).default({}),
});

export interface OllamaModel {
  name: string;
  capabilities: string[];
  contextTokens?: number;
}

export interface FoundOllama {
  url: string;
  /** Undefined when it did not answer. */
  models: OllamaModel[] | undefined;
  /** Models that it has and could not describe, by name. */
  leftOut: string[];
}

/** The Ollamas that `OLLAMA_URLS` names (comma between them), or the one on this machine if it answers. */
export async function findOllamas(setting: string | undefined): Promise<FoundOllama[]> {
  const named = (setting ?? '')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '')
    .map((url) => (/^https?:\/\//.test(url) ? url : `http://${url}`)); // as Ollama reads OLLAMA_HOST
  if (named.length > 0) return Promise.all(named.map((url) => askOllama(url)));
  const local = await askOllama(DEFAULT_URL);
  return local.models ? [local] : [];
}

/** The headers that let one request in, where not everybody is. */
type Authorize = (method: 'GET' | 'POST', path: string) => Promise<Record<string, string>>;

/** @param authorize absent: the Ollama lets everybody in. */
export async function askOllama(url: string, authorize: Authorize = async () => ({})): Promise<FoundOllama> {
  const address = url.replace(/\/+$/, '');
  try {
    const ask: Ask = (path, body) => getJson(address, path, authorize, body);
    const { models } = Tags.parse(await ask('/api/tags'));
    const own = models.filter((model) => model.remote_host === undefined && !isCloudModel(model.name));
    return { url: address, ...(await describeAll(ask, own)) };
  } catch {
    return { url: address, models: undefined, leftOut: [] };
  }
}

/** In the order of `tags`; a model that cannot be described, half downloaded for one, takes no other with it. */
async function describeAll(ask: Ask, tags: readonly { name: string }[]) {
  const described = new Map<string, OllamaModel>();
  const waiting = tags.map(({ name }) => name);
  const describeNext = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const model = await describe(ask, name).catch(() => undefined);
      if (model) described.set(name, model);
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, describeNext));
  return {
    models: tags.flatMap(({ name }) => described.get(name) ?? []),
    leftOut: tags.map(({ name }) => name).filter((name) => !described.has(name)),
  };
}

async function describe(ask: Ask, name: string): Promise<OllamaModel> {
  const shown = Show.parse(await ask('/api/show', { model: name }));
  const context = Object.entries(shown.model_info).find(([field]) => field.endsWith('.context_length'))?.[1];
  return {
    name,
    capabilities: shown.capabilities,
    ...(typeof context === 'number' && { contextTokens: context }),
  };
}

type Ask = (path: string, body?: object) => Promise<unknown>;

async function getJson(address: string, path: string, authorize: Authorize, body?: object): Promise<unknown> {
  const method = body ? 'POST' : 'GET';
  const response = await fetch(address + path, {
    method,
    headers: await authorize(method, path),
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${address}${path} answered ${response.status}`);
  return response.json();
}
