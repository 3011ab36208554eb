import { GatewayError } from '#shared/errors.ts';
import { MANIFEST_LIMIT_BYTES, MANIFEST_TYPE } from '#shared/protocol/registry/manifest.ts';
import type { ModelName } from '#shared/protocol/registry/model-name.ts';
import { Outbound } from '../net/outbound.ts';
import type { Source } from '../source.ts';
import { Access } from './access.ts';
import { refusalOf } from './refusal.ts';
import { type Registry, registryOf } from './registries.ts';
import { RegistryBlob } from './registry-blob.ts';
import { Repository } from './repository.ts';
import type { SigningKey } from './signing-key.ts';
import { smallBody } from './small-body.ts';

export interface RegistryOptions {
  /** Of the Ollama that will serve the model, such as `0.33.0`. */
  ollamaVersion: string;
  key: SigningKey;
  /** The longest wait for an answer, for all of a small one, and for a byte of a blob. */
  stallMs: number;
  /** By default one of this source's own, which lets the registry and its redirects lie inside. */
  outbound?: Outbound;
}

/**
 * A model in a registry that speaks Ollama's protocol (reference: ollama/server/images.go, download.go, auth.go).
 *
 * @throws GatewayError `invalid_request` for a registry that the operator did not list.
 */
export function registrySource(
  name: ModelName,
  registries: readonly Registry[],
  { ollamaVersion, key, stallMs, outbound }: RegistryOptions,
): Source {
  const { origin, redirects } = registryOf(name, registries);
  const out = outbound ?? new Outbound([origin, ...redirects]);
  const repository = new Repository(new URL(`/v2/${name.namespace}/${name.model}/`, origin), {
    outbound: out,
    access: new Access(origin, out, key, stallMs),
    headers: { 'user-agent': userAgent(ollamaVersion) },
    timeoutMs: stallMs,
  });
  return {
    manifest: (signal) => manifestOf(repository, name.tag, { ollamaVersion, timeoutMs: stallMs, signal }),
    blob: (blob) => new RegistryBlob(repository, blob, stallMs),
  };
}

/** Registries give newer models only to newer Ollamas, and read its version here. */
const userAgent = (version: string) => `ollama/${version} (amd64 linux) Go/go1.24.1`;

async function manifestOf(
  repository: Repository,
  tag: string,
  { ollamaVersion, ...limits }: { ollamaVersion: string; timeoutMs: number; signal: AbortSignal },
): Promise<Buffer> {
  const { answer } = await repository.ask(`manifests/${tag}`, {
    headers: { accept: MANIFEST_TYPE, 'accept-encoding': 'identity' },
    signal: limits.signal,
  });
  if (answer.statusCode === 200) return smallBody(answer, { limitBytes: MANIFEST_LIMIT_BYTES, ...limits });
  const refusal = await refusalOf(answer, 'pull model manifest', limits);
  if (answer.statusCode === 404)
    throw new GatewayError('model_not_found', 'pull model manifest: file does not exist', { cause: refusal });
  if (answer.statusCode === 412)
    throw new GatewayError(
      'upstream_error',
      `pull model manifest: 412: this model requires a newer version of Ollama than ${ollamaVersion}`,
      { cause: refusal, shouldRetry: false },
    );
  throw refusal;
}
