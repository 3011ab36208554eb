import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mirrorSource } from '../../functions/model-pull/sources/oss/mirror-source.ts';
import { objectSource } from '../../functions/model-pull/sources/oss/object-source.ts';
import type { BlobSource } from '../../functions/model-pull/sources/source.ts';
import { parseModelName } from '../../shared/protocol/registry/model-name.ts';
import type { OssFault } from '../fakes/oss/oss-faults.ts';
import {
  type ABlob,
  ACCOUNT,
  aModelStorage,
  type ModelStorage,
  manifestOf,
} from '../helpers/model-storage.ts';

const NAME = parseModelName('hub.example.com:5000/team/qwen3:0.6b');
const MANIFEST_KEY = 'llm/manifests/hub.example.com:5000/team/qwen3/0.6b';
const GGUF_KEY = 'llm/gguf/你好 +%.gguf';
const never = new AbortController().signal;

let storage: ModelStorage;
let blob: ABlob;
let manifest: Buffer;
beforeAll(async () => {
  storage = await aModelStorage();
  blob = await storage.aBlob(300_000);
  manifest = manifestOf([blob]);
  storage.oss.put(MANIFEST_KEY, manifest);
  storage.oss.put(blob.key, blob.bytes);
  storage.oss.put(GGUF_KEY, blob.bytes);
});
afterAll(() => storage.stop());

const mirror = (place = storage.place) => mirrorSource(NAME, place);
const mirrored = () => mirror().blob({ ...blob, mediaType: 'm' });
const gguf = (key = GGUF_KEY) => objectSource(storage.place, key, `oss://${key}`);
const bytesOf = async (source: BlobSource, start: number, end: number, signal = never) =>
  Buffer.concat(await (await source.read({ start, end }, signal)).toArray());

describe('a model in the mirror', () => {
  it('has the bytes of its manifest as they are', async () => {
    expect(await mirror().manifest(never)).toEqual(manifest);
  });

  it('is read in any ranges, many at once', async () => {
    const ends = Array.from({ length: 16 }, (_, at) => Math.round(((at + 1) * blob.size) / 16));
    const parts = await Promise.all(ends.map((end, at) => bytesOf(mirrored(), ends[at - 1] ?? 0, end)));
    expect(Buffer.concat(parts).equals(blob.bytes)).toBe(true);
    expect(await mirrored().size(never)).toBe(blob.size);
    expect(await bytesOf(mirrored(), 299_999, 300_000)).toEqual(blob.bytes.subarray(299_999));
  });

  it('has an empty blob without being asked', async () => {
    const before = storage.oss.requests.length;
    expect(await bytesOf(mirrored(), 0, 0)).toHaveLength(0);
    expect(storage.oss.requests).toHaveLength(before);
  });

  it('that is not there is said to be not there, and so is a blob of it', async () => {
    const other = mirrorSource(parseModelName('nobody/none'), storage.place);
    await expect(other.manifest(never)).rejects.toMatchObject({ failure: 'model_not_found' });
    const none = other.blob({ digest: `sha256:${'0'.repeat(64)}`, size: 5, mediaType: 'm' });
    await expect(none.size(never)).rejects.toMatchObject({ failure: 'model_not_found' });
    await expect(none.read({ start: 0, end: 5 }, never)).rejects.toMatchObject({
      failure: 'model_not_found',
    });
  });

  it('is refused with a manifest that is too large or empty, before it is read', async () => {
    for (const size of [0, 1024 * 1024 + 1]) {
      storage.oss.put('llm/manifests/registry.ollama.ai/library/big/latest', Buffer.alloc(size));
      const big = mirrorSource(parseModelName('big'), storage.place);
      await expect(big.manifest(never)).rejects.toMatchObject({ failure: 'upstream_error' });
      expect(storage.oss.requests.at(-1)?.operation).toBe('HeadObject');
    }
  });

  it('is not waited for without end', async () => {
    storage.oss.fail(MANIFEST_KEY, { kind: 'hang', afterBytes: 10 }, { operation: 'GetObject' });
    const hasty = { ...storage.place, timeoutMs: 200 };
    await expect(mirror(hasty).manifest(never)).rejects.toMatchObject({ failure: 'upstream_timeout' });
    storage.oss.fail(MANIFEST_KEY, { kind: 'silence' });
    await expect(mirror(hasty).manifest(never)).rejects.toMatchObject({ failure: 'gateway_not_ready' });
  });
});

describe('a range', () => {
  it.each<[string, OssFault, string]>([
    ['that ends early', { kind: 'short', bytes: 1 }, 'gateway_not_ready'],
    ['that is too long', { kind: 'long', bytes: 1 }, 'upstream_error'],
    ['that is cut', { kind: 'cut', afterBytes: 100 }, 'gateway_not_ready'],
    ['that is another', { kind: 'wrong-range' }, 'upstream_error'],
    ['that is the whole object', { kind: 'whole', bytes: Buffer.alloc(1000) }, 'upstream_error'],
    ['that leads elsewhere', { kind: 'redirect', to: 'http://127.0.0.1:1/' }, 'upstream_error'],
    [
      'of a store that ails',
      { kind: 'status', status: 503, code: 'ServiceUnavailable' },
      'gateway_not_ready',
    ],
    [
      'of a store that has enough',
      { kind: 'status', status: 429, code: 'TooManyRequests' },
      'gateway_not_ready',
    ],
    ['that is not allowed', { kind: 'status', status: 403, code: 'AccessDenied' }, 'upstream_error'],
    [
      'whose token has expired',
      { kind: 'status', status: 403, code: 'SecurityTokenExpired' },
      'gateway_not_ready',
    ],
  ])('%s is an error', async (_, fault, failure) => {
    storage.oss.fail(blob.key, fault, { operation: 'GetObject' });
    await expect(bytesOf(mirrored(), 1000, 2000)).rejects.toMatchObject({ name: 'GatewayError', failure });
    expect(await bytesOf(mirrored(), 1000, 2000)).toEqual(blob.bytes.subarray(1000, 2000));
  });

  it('beyond the end is an error, not what there is', async () => {
    await expect(bytesOf(mirrored(), 299_999, 300_001)).rejects.toMatchObject({ failure: 'upstream_error' });
    await expect(bytesOf(mirrored(), 300_000, 300_001)).rejects.toMatchObject({ failure: 'upstream_error' });
  });

  it('without a length passes when it is exact', async () => {
    storage.oss.fail(blob.key, { kind: 'no-length' }, { operation: 'GetObject' });
    expect(await bytesOf(mirrored(), 0, 2000)).toEqual(blob.bytes.subarray(0, 2000));
  });

  it.each(['before its head', 'in its body'])(
    'that stalls %s ends its connection when it is aborted',
    async (when) => {
      const fault: OssFault = when === 'in its body' ? { kind: 'hang', afterBytes: 10 } : { kind: 'silence' };
      storage.oss.fail(blob.key, fault, { operation: 'GetObject' });
      const leaving = new AbortController();
      const before = storage.oss.requests.length;
      const reading = bytesOf(mirrored(), 0, 1000, leaving.signal);
      await expect.poll(() => storage.oss.requests.length, { timeout: 20_000 }).toBe(before + 1);
      leaving.abort(new Error('enough'));
      await expect(reading).rejects.toThrow('enough');
      expect(await storage.oss.requests.at(-1)?.over).toBe('left');
    },
  );

  it('ends its connection when its stream is destroyed', async () => {
    storage.oss.fail(blob.key, { kind: 'hang', afterBytes: 10 }, { operation: 'GetObject' });
    const stream = await mirrored().read({ start: 0, end: 1000 }, never);
    stream.destroy();
    expect(await storage.oss.requests.at(-1)?.over).toBe('left');
  });

  it('is not asked for when it is aborted before', async () => {
    const before = storage.oss.requests.length;
    const gone = AbortSignal.abort(new Error('enough'));
    await expect(bytesOf(mirrored(), 0, 10, gone)).rejects.toThrow('enough');
    expect(storage.oss.requests).toHaveLength(before);
  });
});

describe('a file in object storage', () => {
  it('is read by its key as it stands', async () => {
    expect(await gguf().size(never)).toBe(blob.size);
    expect(await bytesOf(gguf(), 5, 70_000)).toEqual(blob.bytes.subarray(5, 70_000));
  });

  it('is read in the version in which it was first seen, and in no other', async () => {
    const key = 'llm/gguf/changing.gguf';
    storage.oss.put(key, Buffer.from('first version'));
    const source = gguf(key);
    const [first, again] = await Promise.all([source.version(never), source.version(never)]);
    expect(first).toEqual(again);
    expect(String(await bytesOf(source, 0, 5))).toBe('first');
    storage.oss.put(key, Buffer.from('other version'));
    await expect(bytesOf(source, 5, 10)).rejects.toMatchObject({
      failure: 'upstream_error',
      message: expect.stringContaining('was changed'),
    });
    expect(await source.size(never)).toBe(13);
    const next = gguf(key);
    expect(await next.version(never)).not.toEqual(first);
    expect(String(await bytesOf(next, 0, 5))).toBe('other');
  });

  it('that is not there is said to be not there', async () => {
    await expect(gguf('llm/none').size(never)).rejects.toMatchObject({ failure: 'model_not_found' });
    await expect(gguf('llm/none').read({ start: 0, end: 1 }, never)).rejects.toMatchObject({
      failure: 'model_not_found',
    });
  });
});

describe('a credential', () => {
  it('is asked for anew with each request, since a temporary one runs out', async () => {
    const account = { ...ACCOUNT, accessKeyId: 'STS.next', securityToken: 'next-token' };
    let current = ACCOUNT;
    const source = objectSource({ ...storage.place, credentials: () => current }, GGUF_KEY, 'it');
    await source.size(never);
    storage.oss.renew(account);
    await expect(bytesOf(source, 0, 5)).rejects.toMatchObject({ failure: 'gateway_not_ready' });
    current = account;
    expect(await bytesOf(source, 0, 5)).toEqual(blob.bytes.subarray(0, 5));
    storage.oss.renew(ACCOUNT);
  });

  it.each<[string, OssFault | undefined]>([
    ['is wrong', undefined],
    ['is refused', { kind: 'status', status: 403, code: 'AccessDenied' }],
    ['is on its way as the connection breaks', { kind: 'lost-answer' }],
  ])('is in no error when it %s', async (_, fault) => {
    const account = fault ? ACCOUNT : { ...ACCOUNT, accessKeySecret: 'wrong-secret' };
    const source = objectSource({ ...storage.place, credentials: () => account }, GGUF_KEY, 'it');
    if (fault) storage.oss.fail(GGUF_KEY, fault, { times: 2 });
    for (const work of [() => source.size(never), () => bytesOf(source, 0, 5)]) {
      const thrown: unknown = await work().catch((error: unknown) => error);
      const all = inspect(thrown, { depth: 10, showHidden: true, getters: true });
      expect(all).toContain('GatewayError');
      for (const word of [...Object.values(account), 'Signature=', 'top-secret'])
        expect(all).not.toContain(word);
    }
  });
});
