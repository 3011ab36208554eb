import type { FakeModel, Models } from './models.ts';
import { Scheduler, type SchedulerOptions } from './scheduler.ts';

/** What the routes share: the models there are, and which of them run. */
export interface Ollama {
  models: Models;
  scheduler: Scheduler;
  /** OLLAMA_CONTEXT_LENGTH */
  contextLength: number;
  version: string;
  /** OLLAMA_NO_CLOUD */
  noCloud: boolean;
}

export interface FakeOllamaOptions extends Partial<SchedulerOptions> {
  port?: number;
  /** Models as declared, or the path of a folder laid out as OLLAMA_MODELS. */
  models?: FakeModel[] | string;
  /** OLLAMA_NOPRUNE: a folder is not cleaned at the start. */
  noPrune?: boolean;
  /** OLLAMA_NO_CLOUD */
  noCloud?: boolean;
  /** OLLAMA_CONTEXT_LENGTH: the window of a model that names no `numCtx`. */
  contextLength?: number;
  version?: string;
}

export const createState = (models: Models, options: FakeOllamaOptions): Ollama => ({
  models,
  scheduler: new Scheduler({
    loadDelayMs: options.loadDelayMs ?? 0,
    numParallel: options.numParallel ?? 1,
    maxQueue: options.maxQueue ?? 512,
    maxLoadedModels: options.maxLoadedModels ?? 3,
    keepAliveMs: options.keepAliveMs ?? 300_000,
    loadTimeoutMs: options.loadTimeoutMs ?? 300_000,
  }),
  contextLength: options.contextLength ?? 4096,
  version: options.version ?? '0.33.0',
  noCloud: options.noCloud ?? false,
});
