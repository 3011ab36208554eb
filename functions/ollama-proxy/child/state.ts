/** What is known of `ollama serve`. There is no state for having given up: it is tried for as long as this process lives. */
export type OllamaState =
  | { status: 'starting'; attempt: number }
  | { status: 'running'; sinceMs: number }
  | { status: 'restarting'; attempt: number; nextTryAtMs: number; reason: string }
  | { status: 'stopping' }
  | { status: 'stopped' };

/** For metrics: each status, in the order in which a life takes them. */
export const STATUSES = [
  'starting',
  'running',
  'restarting',
  'stopping',
  'stopped',
] as const satisfies readonly OllamaState['status'][];

/** An Ollama that answers. */
export interface RunningOllama {
  port: number;
  /** Aborted, with the reason as an Error, when this one has ended or is about to be. */
  ended: AbortSignal;
  /** To be called when a byte of it has come: then it does not hang. */
  heard(): void;
}
