import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Place } from '../../functions/model-pull/sources/oss/connection.ts';
import { ModelBuckets } from '../../functions/model-pull/sources/oss/model-buckets.ts';
import { MANIFEST_TYPE } from '../../shared/protocol/registry/manifest.ts';
import { startFakeOss } from '../fakes/oss/fake-oss.ts';

export const ACCOUNT = { accessKeyId: 'STS.id', accessKeySecret: 'top-secret', securityToken: 'sts-token' };
const WHERE = { bucket: 'company-models', region: 'cn-hangzhou' };

/** The least that OSS takes for a part. */
export const PART = 100 * 1024;

/** Object storage with a bucket for models, and a folder for what a function keeps on its disk. */
export async function aModelStorage({ mostListed = 1000 } = {}) {
  const oss = await startFakeOss({ ...WHERE, account: ACCOUNT, mostListed });
  const directory = await mkdtemp(join(tmpdir(), 'sublet-oss-'));
  const buckets = ModelBuckets.parse(
    JSON.stringify([{ ...WHERE, prefix: 'llm/', endpoint: oss.endpoint, use: ['mirror', 'gguf'] }]),
  );
  const place: Place = { bucket: buckets[0]!, credentials: () => ACCOUNT, timeoutMs: 20_000 };
  return {
    oss,
    place,
    directory,
    async aBlob(size: number) {
      const bytes = randomBytes(size);
      const digest = digestOf(bytes);
      const file = join(directory, digest.replace(':', '-'));
      await writeFile(file, bytes);
      return { digest, size, file, bytes, key: `llm/blobs/${digest.replace(':', '-')}` };
    },
    async stop() {
      await oss.stop();
      await rm(directory, { recursive: true });
    },
  };
}

export type ModelStorage = Awaited<ReturnType<typeof aModelStorage>>;
export type ABlob = Awaited<ReturnType<ModelStorage['aBlob']>>;

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A manifest whose first layer is the model file. */
export const manifestOf = ([model, ...rest]: readonly { digest: string; size: number }[]): Buffer => {
  const layer = (kind: string) => (blob: { digest: string; size: number }) => ({
    mediaType: `application/vnd.ollama.image.${kind}`,
    digest: blob.digest,
    size: blob.size,
  });
  const layers = [layer('model')(model!), ...rest.map(layer('license'))];
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, layers }));
};

/** The settings by which a function finds this object storage. */
export const storageEnvironment = ({ place: { bucket } }: ModelStorage): Record<string, string> => ({
  MODEL_BUCKETS: JSON.stringify([
    {
      bucket: bucket.name,
      region: bucket.region,
      prefix: bucket.prefix,
      endpoint: bucket.endpoint,
      use: bucket.use,
    },
  ]),
  ALIBABA_CLOUD_ACCESS_KEY_ID: ACCOUNT.accessKeyId,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: ACCOUNT.accessKeySecret,
  ALIBABA_CLOUD_SECURITY_TOKEN: ACCOUNT.securityToken,
});
