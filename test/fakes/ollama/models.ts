import { createHash } from 'node:crypto';
import { failures, type OllamaError } from './errors.ts';
import { fullName, parseName, shortName } from './names.ts';
import type { ReplyScript } from './replies.ts';

type Capability = 'completion' | 'tools' | 'thinking' | 'vision' | 'embedding' | 'insert' | 'audio';

/** A model as tests declare it; what is left out gets a sensible value. */
export interface FakeModel {
  name: string;
  capabilities?: Capability[];
  reply?: ReplyScript;
  contextLength?: number;
  /** From the parameters layer: the context that is loaded when nobody asks for another. */
  numCtx?: number;
  /** sha256 of the manifest, 64 hex digits without prefix. */
  digest?: string;
  /** Names with one blob share one runner, and evict each other when they ask for other settings. */
  blob?: string;
  family?: string;
  parameterSize?: string;
  quantizationLevel?: string;
  sizeBytes?: number;
  modifiedAt?: string;
  embeddingLength?: number;
  template?: string;
  /** The load of this model ends with 500 and this text; a function is asked at each load. */
  loadFailure?: string | (() => string | undefined);
  cloud?: 'disabled' | 'unauthorized';
}

export type Model = Required<Omit<FakeModel, 'numCtx' | 'loadFailure' | 'cloud'>> &
  Pick<FakeModel, 'numCtx' | 'loadFailure' | 'cloud'> & { fullName: string };

/** @throws Error for a name that no model can have. */
export function completeModel(declared: FakeModel): Model {
  const name = parseName(declared.name);
  if (!name) throw new Error(`No model can be called ${JSON.stringify(declared.name)}.`);
  const digest = createHash('sha256').update(declared.name).digest('hex');
  return {
    capabilities: ['completion'],
    reply: 'Hello, 世界! 🌍',
    contextLength: 32_768,
    digest,
    blob: digest,
    family: 'fake',
    parameterSize: '8.0B',
    quantizationLevel: 'Q4_K_M',
    sizeBytes: 4_920_753_328,
    modifiedAt: '2026-08-20T10:15:30.123456789+08:00',
    embeddingLength: 16,
    template: '{{ .Prompt }}',
    ...declared,
    name: shortName(name),
    fullName: fullName(name),
  };
}

/** Where the routes find their models: as a test declares them, or in a folder. */
export interface Models {
  list(): Model[];
  /** @throws OllamaError when there is none of that name, worded as `notFound` says. */
  find(requested: string, notFound?: (name: string) => OllamaError): Model;
  /** @throws OllamaError as `find` does. */
  remove(requested: string): void;
}

/** The models by full name, compared without regard to case as Ollama does. */
export class ModelStore implements Models {
  readonly #models = new Map<string, Model>();

  constructor(models: FakeModel[]) {
    for (const model of models) this.add(model);
  }

  add(declared: FakeModel): void {
    const model = completeModel(declared);
    this.#models.set(model.fullName.toLowerCase(), model);
  }

  remove(name: string): void {
    this.#models.delete(this.find(name).fullName.toLowerCase());
  }

  list(): Model[] {
    return [...this.#models.values()];
  }

  find(requested: string, notFound = failures.modelNotFound): Model {
    if (requested === '') throw notFound(requested);
    const name = parseName(requested);
    if (!name) throw failures.invalidName();
    const model = this.#models.get(fullName(name).toLowerCase());
    if (!model) throw notFound(requested);
    if (model.cloud)
      throw model.cloud === 'disabled' ? failures.cloudDisabled() : failures.cloudUnauthorized();
    return model;
  }
}
