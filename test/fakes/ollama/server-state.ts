import type { ModelStore } from './models.ts';
import type { Scheduler } from './scheduler.ts';

/** What the routes share: the models there are, and which of them run. */
export interface Ollama {
  models: ModelStore;
  scheduler: Scheduler;
  /** OLLAMA_CONTEXT_LENGTH */
  contextLength: number;
  version: string;
}
