import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DIGEST, hexOf } from '#shared/protocol/registry/digest.ts';
import { type ModelName, modelPath } from '#shared/protocol/registry/model-name.ts';

/** Where everything is below the store's root; Ollama's own part as in ollama/manifest/paths.go. */
export class Layout {
  readonly root: string;
  readonly manifests: string;
  readonly blobs: string;
  /** What is ours alone: Ollama looks at nothing but the two above. */
  readonly staging: string;
  readonly temporary: string;
  readonly verified: string;

  constructor(root: string) {
    this.root = root;
    this.manifests = join(root, 'manifests');
    this.blobs = join(root, 'blobs');
    this.staging = join(root, '.pull');
    this.temporary = join(this.staging, 'tmp');
    this.verified = join(this.staging, 'verified');
  }

  manifest = (name: ModelName): string => join(this.manifests, modelPath(name));
  blob = (digest: string): string => join(this.blobs, `sha256-${hexOf(digest)}`);
  mark = (digest: string): string => join(this.verified, hexOf(digest));

  /** A folder of its own for a blob on its way; one whose digest is not known yet goes by any name that stays the same. */
  stagingDirectory(digestOrName: string): string {
    if (DIGEST.test(digestOrName)) return join(this.staging, hexOf(digestOrName));
    return join(this.staging, `named-${createHash('sha256').update(digestOrName).digest('hex')}`);
  }
}
