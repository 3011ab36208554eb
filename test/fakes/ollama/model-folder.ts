import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

interface Parts {
  gguf: Buffer;
  template?: string;
  params?: object;
  config?: object;
}

interface Layer {
  mediaType: string;
  digest: string;
  size: number;
  bytes: Buffer;
}

/** A folder as OLLAMA_MODELS names one, in which a test lays models down piece by piece. */
export class ModelFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'sublet-models-'));

  /** Writes a whole model: its blobs, then its manifest, whose digest is returned as 64 hex digits. */
  add(name: string, parts: Parts): string {
    for (const layer of layersOf(parts)) this.writeBlob(layer.bytes);
    return this.writeManifest(name, parts);
  }

  /** @returns the digest, with its prefix. */
  writeBlob(bytes: Buffer): string {
    const digest = digestOf(bytes);
    this.write(`blobs/${digest.replace(':', '-')}`, bytes);
    return digest;
  }

  /** Only the manifest, as `host/namespace/model/tag` or in short. */
  writeManifest(name: string, parts: Parts): string {
    const told = layersOf(parts).map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, config: told.at(-1), layers: told.slice(0, -1) }),
    );
    this.write(manifestPath(name), bytes);
    return digestOf(bytes).slice('sha256:'.length);
  }

  write(path: string, bytes: Buffer | string): void {
    const whole = join(this.path, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, bytes);
  }

  remove(path: string): void {
    rmSync(join(this.path, path));
  }

  has(path: string): boolean {
    return existsSync(join(this.path, path));
  }

  hasBlob(bytes: Buffer): boolean {
    return this.has(blobPathOf(bytes));
  }

  /** Makes a file look as if it had been written so many minutes ago. */
  age(path: string, minutes: number): void {
    const then = new Date(Date.now() - minutes * 60_000);
    utimesSync(join(this.path, path), then, then);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

export const blobPathOf = (bytes: Buffer): string => `blobs/${digestOf(bytes).replace(':', '-')}`;

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const manifestPath = (name: string) =>
  `manifests/${name.includes('/') ? name : `registry.ollama.ai/library/${name}/latest`}`;

/** The config comes last. */
function layersOf({ gguf, template, params, config = {} }: Parts): Layer[] {
  const layer = (kind: string, bytes: Buffer): Layer => {
    const mediaType = `application/vnd.${kind === 'config' ? 'docker.container.image.v1+json' : `ollama.image.${kind}`}`;
    return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes };
  };
  return [
    layer('model', gguf),
    ...(template === undefined ? [] : [layer('template', Buffer.from(template))]),
    ...(params ? [layer('params', Buffer.from(JSON.stringify(params)))] : []),
    layer('config', Buffer.from(JSON.stringify({ model_format: 'gguf', ...config }))),
  ];
}
