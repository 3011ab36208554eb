import type { Upstream } from '#shared/catalog/catalog.ts';
import type { Connections } from '../upstream/connections.ts';
import { getJson } from '../upstream/get-json.ts';

/** What an Ollama says it is and has. */
export interface SaidModels {
  version: string;
  has: string[];
  loaded: string[];
}

const TIMEOUT_MS = 3_000;

/** Asks an Ollama for its version, its models and those it has loaded. @throws Error when it does not say. */
export async function askModels(connections: Connections, upstream: Upstream): Promise<SaidModels> {
  const ask = (path: string) => getJson(connections, upstream, path, TIMEOUT_MS);
  const [version, tags, ps] = await Promise.all([ask('/api/version'), ask('/api/tags'), ask('/api/ps')]);
  return { version: String(version.version).slice(0, 100), has: namesOf(tags), loaded: namesOf(ps) };
}

function namesOf(said: Record<string, unknown>): string[] {
  const models: unknown[] = Array.isArray(said.models) ? said.models : [];
  return models.flatMap((model) => {
    const name = typeof model === 'object' && model !== null && 'name' in model ? model.name : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}
