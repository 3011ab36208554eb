import type { LayerProgress, Progress } from '#shared/model-jobs/job.ts';
import type { ManifestBlob } from '#shared/protocol/registry/manifest.ts';

/** How far the work at a job has come, as its worker knows it. */
export class JobProgress {
  phase = 'starting';
  #layers: LayerProgress[] = [];
  #digests: string[] | undefined;

  /** The blobs that the model will name: from the next report on, none of them is garbage. */
  names(blobs: readonly ManifestBlob[]): void {
    this.#layers = blobs.map(({ digest, size }) => ({ digest, total: size, completed: 0 }));
    this.#digests = blobs.map(({ digest }) => digest);
  }

  /** One file of which only its bytes tell the digest. */
  brings(label: string, total: number): void {
    this.#layers = [{ digest: label, total, completed: 0 }];
  }

  completed(digest: string, completed: number): void {
    const layer = this.#layers.find((each) => each.digest === digest);
    if (layer) layer.completed = completed;
  }

  snapshot(): Progress & { digests?: readonly string[] } {
    return {
      phase: this.phase,
      layers: this.#layers.map((layer) => ({ ...layer })),
      ...(this.#digests && { digests: this.#digests }),
    };
  }
}
