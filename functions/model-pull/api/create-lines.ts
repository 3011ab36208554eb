import type { ModelJob } from '#shared/model-jobs/job.ts';

/** Turns the states of a making into lines as Ollama writes them. */
export class CreateLines {
  readonly #told = new Set<string>();

  of({ state }: ModelJob): object[] {
    if (state.status === 'queued') return [];
    const layers = state.layers
      .filter(({ completed, total }) => completed === total)
      .map(({ digest }) => `using layer ${digest}`);
    const words = state.phase === 'writing manifest' ? [...layers, state.phase] : layers;
    return words.filter((status) => this.#isNew(status)).map((status) => ({ status }));
  }

  /** What its maker should know stands before the end, as lines of their own. */
  success({ result }: ModelJob): object[] {
    const { notes = [] } = (result ?? {}) as { notes?: string[] };
    return [...notes.map((note) => ({ status: note })), { status: 'success' }];
  }

  #isNew(status: string): boolean {
    if (this.#told.has(status)) return false;
    this.#told.add(status);
    return true;
  }
}
