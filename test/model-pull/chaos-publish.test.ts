import { rm } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { GatewayError } from '#shared/errors.ts';
import type { Log } from '#shared/log.ts';
import { newJobId } from '#shared/model-jobs/job.ts';
import { openJob, takeJob } from '#shared/model-jobs/jobs.ts';
import { LAYER_PREFIX, type ManifestBlob } from '#shared/protocol/registry/manifest.ts';
import { modelPath, parseModelName } from '#shared/protocol/registry/model-name.ts';
import type { Workplace } from '../../functions/model-pull/depot.ts';
import { Lease } from '../../functions/model-pull/run/lease.ts';
import { Store } from '../../functions/model-pull/store/store.ts';
import { publish } from '../../functions/model-pull/work/publish.ts';
import { digestOf } from '../fakes/registry/content.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { aStoreFolder } from '../helpers/model-pull.ts';
import { modelsIn, problemsIn } from '../helpers/model-pull-wholeness.ts';

const LEASE_MS = 60_000;
const database = connectedTo(await aDatabaseUrl());
const root = await aStoreFolder();
const store = new Store(root);
const log = { info() {}, error() {} } as unknown as Log;
beforeAll(() => store.prepare());

const texts = ['template', 'weights'].map((text) => Buffer.from(text));
const [template, weights] = texts.map(
  (bytes, index): ManifestBlob => ({
    mediaType: LAYER_PREFIX + (index === 0 ? 'template' : 'model'),
    digest: digestOf(bytes),
    size: bytes.length,
  }),
) as [ManifestBlob, ManifestBlob];
const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [template, weights] }));

/** Publishes a model; `after` is what somebody does when a blob was put, the how manieth time it was. */
async function published(model: string, after: (blob: ManifestBlob, time: number, lease: Lease) => unknown) {
  const name = parseModelName(model);
  const wish = { kind: 'pull', model: modelPath(name), request: {}, requestedBy: 'test' } as const;
  const { id } = await database.write((db) => openJob(db, { id: newJobId(), ...wish }));
  const taken = await database.write((db) => takeJob(db, id, LEASE_MS));
  const lease = new Lease(taken!, { database, log, leaseMs: LEASE_MS });
  const times = new Map<string, number>();
  const put = async (blob: ManifestBlob) => {
    const time = (times.get(blob.digest) ?? 0) + 1;
    times.set(blob.digest, time);
    await store.writeBlob(texts[blob.digest === template.digest ? 0 : 1]!);
    await after(blob, time, lease);
  };
  const place = { store, database, log } as unknown as Workplace;
  try {
    return await publish(place, { name, bytes, blobs: [template, weights], put }, lease);
  } finally {
    await lease.close();
  }
}

const take = (blob: ManifestBlob) => rm(store.blobFile(blob.digest), { force: true });

describe('a model whose blob somebody takes before it is named', () => {
  it('gets it again', async () => {
    await published('healed', (blob, time) => blob.digest === weights.digest && time === 1 && take(template));
    expect(modelsIn(root)).toContain('healed');
    expect(problemsIn(root)).toEqual([]);
  });

  it('loses its name when the blob is taken again and again', async () => {
    const publishing = published('robbed', (blob) => take(blob));
    await expect(publishing).rejects.toThrow('Somebody removes the files of robbed');
    expect(modelsIn(root)).not.toContain('robbed');
  });

  it('loses its name when the blob cannot be had again', async () => {
    const publishing = published('lost', (blob, time) => {
      if (time > 1) throw new GatewayError('upstream_error', 'gone');
      return take(blob);
    });
    await expect(publishing).rejects.toThrow('gone');
    expect(modelsIn(root)).not.toContain('lost');
  });

  it('loses its name when nobody waits for the repair', async () => {
    const publishing = published('left', (blob, time, lease) => (time > 1 ? lease.end('left') : take(blob)));
    await expect(publishing).rejects.toThrow('left');
    expect(modelsIn(root)).not.toContain('left');
  });

  it('keeps its name when the job is another worker’s by now: that one mends it', async () => {
    const publishing = published('taken-over', (blob, time, lease) => {
      if (time > 1) lease.end('lost');
      return take(blob);
    });
    await expect(publishing).rejects.toThrow('lost');
    expect(modelsIn(root)).toContain('taken-over');
  });
});
