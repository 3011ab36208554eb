import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '#shared/errors.ts';
import type { ManifestBlob } from '#shared/protocol/registry/manifest.ts';
import type { Workplace } from '../depot.ts';

/** @throws GatewayError `gateway_not_ready` where a pull would fill the disk, before it has begun. */
export async function assertRoom(place: Workplace, blobs: readonly ManifestBlob[]): Promise<void> {
  const { store } = place;
  let wanted = 0;
  for (const { digest, size } of blobs) {
    if (!(await store.hasBlob(digest, size)))
      wanted += size - (await stagedBytes(store.stagingDirectory(digest)));
  }
  await assertBytes(place, wanted);
}

/** @throws GatewayError `gateway_not_ready` where so much more does not fit. */
export async function assertBytes({ store, config }: Workplace, wanted: number): Promise<void> {
  const free = (await store.freeBytes()) - config.PULL_DISK_RESERVE_BYTES;
  if (wanted <= free) return;
  throw new GatewayError(
    'gateway_not_ready',
    `There is not enough room: ${inGigabytes(wanted)} GB are to come, and ${inGigabytes(Math.max(free, 0))} GB are free.`,
  );
}

/** What an earlier worker left takes room already. Its length says nothing, since it was given at once. */
async function stagedBytes(directory: string): Promise<number> {
  const found = await stat(join(directory, 'data')).catch(() => undefined);
  return found ? Math.min(found.blocks * 512, found.size) : 0;
}

const inGigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);
