/** What the router knows of models, routes and upstreams; one version of it, never changed. */
export interface CatalogSnapshot {
  version: number;
  /** By name. */
  models: ReadonlyMap<string, Model>;
  /** The names of models by the further names that they have. */
  aliases: ReadonlyMap<string, string>;
}

/** The model that a name means, which may be an alias; Ollama's users leave `:latest` out. */
export function modelNamed({ models, aliases }: CatalogSnapshot, name: string): Model | undefined {
  const named = (each: string) => models.get(aliases.get(each) ?? each);
  return named(name) ?? named(`${name}:latest`);
}

export interface Model {
  name: string;
  displayName?: string;
  description?: string;
  kind: 'chat' | 'embedding';
  capabilities: readonly ('tools' | 'vision' | 'thinking')[];
  contextTokens?: number;
  maxOutputTokens?: number;
  createdAtSeconds: number;
  routes: readonly Route[];
}

/** One way to serve a model: an upstream, and what the model is called and how it is set up there. */
export interface Route {
  upstream: Upstream;
  model: string;
  tier: number;
  weight: number;
  contextSteps: readonly number[];
  keepAlive?: string;
  /** Absent in an ordinary route. */
  canary?: Canary;
}

/** Which of the model's calls a canary takes, whatever the tiers say: a percentage, or those of callers that show a header. */
export interface Canary {
  percent?: number;
  header?: { name: string; value?: string };
}

export interface Upstream {
  id: number;
  name: string;
  backend: 'ollama' | 'openai';
  /** Without a slash at its end. */
  address: string;
  credential?: Credential;
  /** Calls that it answers at once; absent = not known. */
  slots?: number;
  headers: HeaderRules;
  outputCapField: 'max_tokens' | 'max_completion_tokens';
  /** Its own, in ms; those that are absent are the router's. */
  timeouts: Partial<Timeouts>;
}

/** How an upstream knows us: by the same text each time, or by one that a secret makes anew for each request. */
export type Credential = { kind: 'bearer'; token: string } | { kind: 'signed'; secret: string };

/** What becomes of our headers on the way to an upstream: in this order, by lower-case names. */
export interface HeaderRules {
  rename: Readonly<Record<string, string>>;
  remove: readonly string[];
  set: Readonly<Record<string, string>>;
}

export interface Timeouts {
  connectMs: number;
  firstPieceMs: number;
  idleMs: number;
  totalMs: number;
}

/**
 * The catalog in the version that the database last named.
 *
 * Every authentication brings the current version along, so a change is seen at the next call and nothing
 * has to be polled. Calls that need the same version wait for one load.
 */
export class Catalog {
  readonly #load: () => Promise<CatalogSnapshot>;
  #loading: Promise<CatalogSnapshot> | undefined;
  #snapshot: CatalogSnapshot | undefined;

  constructor(load: () => Promise<CatalogSnapshot>) {
    this.#load = load;
  }

  async at(version: number): Promise<CatalogSnapshot> {
    while (this.#snapshot === undefined || this.#snapshot.version < version) {
      this.#loading ??= this.#load().finally(() => {
        this.#loading = undefined;
      });
      this.#snapshot = await this.#loading;
    }
    return this.#snapshot;
  }
}
