import type { LayerProgress, ModelJob } from '#shared/model-jobs/job.ts';
import { shortDigest } from '#shared/protocol/registry/digest.ts';

/** Turns the states of a job into the lines that Ollama's clients draw their bars from (reference: ollama.md 2.5). */
export class PullLines {
  #phase: string | null = null;
  #hasBegun = false;
  readonly #told = new Map<string, number>();

  /** The lines that a state adds to those before it. The first is always the same: clients wait for it. */
  of({ state }: ModelJob): object[] {
    if (state.status === 'queued') return [];
    const first = this.#hasBegun ? [] : [{ status: FIRST }];
    this.#hasBegun = true;
    const layers = state.layers.flatMap((layer) => this.#layerLine(layer));
    const { phase } = state;
    const isNew = phase !== this.#phase && phase !== null && LATER.has(phase);
    this.#phase = phase;
    return [...first, ...layers, ...(isNew ? [{ status: phase }] : [])];
  }

  success(): object[] {
    return [{ status: 'success' }];
  }

  #layerLine({ digest, total, completed }: LayerProgress): object[] {
    if (completed === (this.#told.get(digest) ?? 0)) return [];
    this.#told.set(digest, completed);
    const status = `pulling ${/^sha256:/.test(digest) ? shortDigest(digest) : digest}`;
    return [{ status, digest, total, ...(completed > 0 && { completed }) }];
  }
}

const FIRST = 'pulling manifest';
const LATER = new Set(['verifying sha256 digest', 'writing manifest']);
