import { existsSync, readdirSync, rmdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { StoreFolder } from '../fakes/ollama/store.ts';
import type { ModelPull } from './model-pull.ts';
import { freeze, thaw } from './model-pull-chaos.ts';

export const SOURCES = ['one', 'two', 'three'] as const;
const DERIVED = ['derived', 'other-derived'] as const;
const ALL = [...SOURCES, ...DERIVED];

export type Step = { afterMs: number } & (
  | { does: 'pull'; model: (typeof SOURCES)[number] }
  | { does: 'create'; model: (typeof DERIVED)[number]; from: (typeof SOURCES)[number] }
  | { does: 'delete' | 'delete as Ollama'; model: (typeof ALL)[number] }
  | { does: 'start Ollama' | 'prune folders' | 'collect' }
);

const afterMs = fc.nat(150);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ afterMs, does: fc.constant('pull' as const), model: fc.constantFrom(...SOURCES) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      afterMs,
      does: fc.constant('create' as const),
      model: fc.constantFrom(...DERIVED),
      from: fc.constantFrom(...SOURCES),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      afterMs,
      does: fc.constantFrom('delete' as const, 'delete as Ollama' as const, 'delete as Ollama' as const),
      model: fc.constantFrom(...ALL),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      afterMs,
      does: fc.constantFrom('start Ollama' as const, 'prune folders' as const, 'collect' as const),
    }),
  },
);

/** Steps of one list are done at once, each after its moment. */
export const anyHistory = fc.array(fc.array(anyStep, { minLength: 2, maxLength: 7 }), {
  minLength: 1,
  maxLength: 3,
});

/** A model-pull with others at its store: each does what it likes when it likes. */
export class Crowd {
  readonly #pull: ModelPull;
  readonly #nameOf: (model: string) => string;
  readonly #ollama: StoreFolder;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(pull: ModelPull, nameOf: (model: string) => string) {
    this.#pull = pull;
    this.#nameOf = nameOf;
    this.#ollama = new StoreFolder(pull.store);
  }

  /** @returns what model-pull answered: its status, and its error if it has one. */
  async do(step: Step): Promise<string> {
    await delay(step.afterMs);
    switch (step.does) {
      case 'pull':
        return this.#ask('POST', '/api/pull', { model: this.#nameOf(step.model), stream: false });
      case 'create':
        return this.#create(step.model, step.from);
      case 'delete':
        return this.#ask('DELETE', '/api/delete', { model: this.#nameOf(step.model) });
      case 'collect':
        return this.#ask('POST', '/gc', { grace_ms: 0 });
      case 'delete as Ollama':
        return this.#atOnce(() => this.#ollama.remove(this.#nameOf(step.model)));
      case 'start Ollama':
        return this.#atOnce(() => this.#ollama.start(false));
      case 'prune folders':
        return this.#atOnce(() => this.#pruneFolders());
    }
  }

  /** As if all that is there had been there for long: an Ollama that starts takes what nobody names. */
  age(): void {
    const folder = join(this.#pull.store, 'blobs');
    const longAgo = new Date(Date.now() - 7_200_000);
    if (!existsSync(folder)) return;
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), longAgo, longAgo);
  }

  #create(model: string, from: string): Promise<string> {
    const body = {
      model: this.#nameOf(model),
      from: this.#nameOf(from),
      system: `Be ${model}.`,
      stream: false,
    };
    return this.#ask('POST', '/api/create', body);
  }

  async #ask(method: string, path: string, body: object): Promise<string> {
    const response = await this.#pull.ask(method, path, body);
    return `${response.status} ${response.ok ? '' : await response.text()}`;
  }

  /**
   * Between two moments of model-pull, whichever they are: Ollama looks at the manifests and then takes the blobs, and
   * nobody could help it if a name were written between these two.
   */
  async #atOnce(act: () => void): Promise<string> {
    const turn = this.#turn.then(async () => {
      await freeze(this.#pull);
      try {
        act();
      } catch {
        // no such model
      } finally {
        thaw(this.#pull);
      }
    });
    this.#turn = turn;
    await turn;
    return '';
  }

  #pruneFolders(): void {
    const root = join(this.#pull.store, 'manifests');
    if (!existsSync(root)) return;
    const folders = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const paths = folders.map(({ parentPath, name }) => join(parentPath, name));
    for (const path of paths.toSorted((one, other) => other.length - one.length)) {
      try {
        rmdirSync(path);
      } catch {
        // not empty
      }
    }
  }
}
