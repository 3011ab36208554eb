import * as z from 'zod';
import { FunctionConfig } from '#shared/config.ts';
import { InternalSecret } from '#shared/credential/internal-secret.ts';
import { BucketConfig } from './sources/oss/bucket-settings.ts';
import { DEFAULT_REGISTRIES, Registries } from './sources/registry/registries.ts';
import { AllowList } from './work/allow-list.ts';

const milliseconds = z.coerce.number().int().positive();

export const ModelPullConfig = z.object({
  ...FunctionConfig,
  ...BucketConfig,
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }),
  DATABASE_MAX_CONNECTIONS: z.coerce.number().int().min(1).max(20).default(3),
  DATABASE_CONNECT_TIMEOUT_MS: milliseconds.default(3_000),
  DATABASE_QUERY_TIMEOUT_MS: milliseconds.default(5_000),
  DATABASE_STALE_AFTER_MS: milliseconds.default(15_000),
  /** What callers' credentials are signed with; nobody else may ask. */
  INTERNAL_SECRET: InternalSecret,
  /** The store: where the NAS is mounted, and what `ollama serve` reads. */
  OLLAMA_MODELS: z.string().startsWith('/', 'must be an absolute path'),
  /** Of the Ollama that will serve the models: registries give newer ones only to a version that can (status 412). */
  OLLAMA_VERSION: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/, 'must be a version such as 0.33.0')
    .default('0.33.0'),
  /** A JSON list of registries, each its origin or `{"origin": …, "redirects": [origins that may lie inside]}`. */
  PULL_REGISTRIES: Registries.prefault(DEFAULT_REGISTRIES),
  /** A JSON list of names with `*`, and of manifests' digests; empty = whatever the registries have. */
  PULL_ALLOW: AllowList.default([]),
  /** Where a model comes from that is asked for without a source. */
  PULL_SOURCE: z.enum(['registry', 'mirror']).default('registry'),
  /** An unencrypted ed25519 key (OpenSSH or PKCS#8) that registries know; without one they see one that nobody knows. */
  REGISTRY_KEY: z.string().optional(),
  /** How many parts of a blob come at once. */
  PULL_PARALLEL_PARTS: z.coerce.number().int().min(1).max(48).default(8),
  /** A part without a byte for so long is asked for again. */
  PULL_STALL_MS: milliseconds.default(30_000),
  /** What a pull leaves free on the disk. */
  PULL_DISK_RESERVE_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(1024 ** 3),
  /** How long a caller may leave what we wrote unread before it counts as gone. */
  CALLER_READ_TIMEOUT_MS: milliseconds.default(30_000),
  /** How long a job is its worker's after each sign of life: a worker that is frozen loses it then. */
  JOB_LEASE_MS: milliseconds.min(3_000).default(30_000),
  /** What nobody names is garbage when it is so old. More than an instance of ollama-proxy lives: it may have the file mapped. */
  GARBAGE_GRACE_MS: milliseconds.default(7 * 24 * 3600 * 1000),
});
export type ModelPullConfig = z.infer<typeof ModelPullConfig>;
