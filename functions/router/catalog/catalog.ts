/** What the router knows of models, routes and upstreams; one version of it, never changed. */
export interface CatalogSnapshot {
  version: number;
  models: ReadonlyMap<string, Model>;
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
}

export interface Upstream {
  id: number;
  name: string;
  backend: 'ollama' | 'openai';
  /** Without a slash at its end. */
  address: string;
  credential?: string;
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
