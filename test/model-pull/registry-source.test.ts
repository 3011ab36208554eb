import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sshpk from 'sshpk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseModelName } from '#shared/protocol/registry/model-name.ts';
import { registrySource } from '../../functions/model-pull/sources/registry/registry-source.ts';
import { SigningKey } from '../../functions/model-pull/sources/registry/signing-key.ts';
import { type FetchOptions, fetchBlob } from '../../functions/model-pull/transfer/fetch-blob.ts';
import { aLargeBlob } from '../fakes/registry/a-large-blob.ts';
import { aTinyModel } from '../fakes/registry/a-model.ts';
import { type FakeRegistry, startFakeRegistry } from '../fakes/registry/fake-registry.ts';
import type { Fault } from '../fakes/registry/faults.ts';
import { FORBIDDEN_ADDRESSES, WRONG_REALMS } from '../fakes/registry/forbidden-addresses.ts';
import type { ModelRules } from '../fakes/registry/shelf.ts';

const PROCESS = fileURLToPath(new URL('./pulling-process.ts', import.meta.url));
const MB = 1024 * 1024;
const SIZE = 5 * MB + 4_321;
const QUICK: FetchOptions = { parallel: 4, partBytes: MB, retryMs: 1, saveEveryBytes: 100_000 };

let registry: FakeRegistry;
let directory: string;
let size: number;
beforeEach(async () => {
  registry = await startFakeRegistry();
  directory = join(await mkdtemp(join(tmpdir(), 'sublet-pull-')), 'blob');
});
afterEach(async () => {
  await rm(join(directory, '..'), { recursive: true });
  await registry.stop();
});

/** A model whose file is noise, and how its file is pulled. */
async function aModel(rules: ModelRules = {}, pem?: string) {
  const content = await aLargeBlob(SIZE);
  const { name, manifest, json } = registry.addModel('tiny', aTinyModel({ model: content }), rules);
  const source = registrySource(parseModelName(`${registry.host}/${name}`), listed(), {
    ollamaVersion: '0.33.0',
    key: new SigningKey(pem),
    stallMs: 20_000,
  });
  const blob = { ...json.layers[0]! };
  size = blob.size;
  const pull = (more: Partial<FetchOptions> = {}) =>
    fetchBlob(
      {
        source: source.blob(blob),
        size,
        directory,
        expected: blob.digest,
        signal: never(),
        onProgress() {},
        assertMayWrite() {},
      },
      { ...QUICK, ...more },
    );
  return { source, manifest, blob, pull };
}

const listed = () => [{ origin: registry.origin, redirects: [registry.cdnOrigin] }];
const never = () => new AbortController().signal;

describe('a public model', () => {
  it('comes as it is, each byte of it once', async () => {
    const { source, manifest, blob, pull } = await aModel();
    expect((await source.manifest(never())).equals(manifest)).toBe(true);
    expect(await source.blob(blob).size(never())).toBe(SIZE);
    const staged = await pull();
    expect(staged).toMatchObject({ digest: blob.digest, size: SIZE, file: join(directory, 'data') });
    expect((await stat(staged.file)).size).toBe(SIZE);
    expect(registry.bytesServed(blob.digest)).toBe(SIZE);
  });

  it.each([
    [{ status: 301 }],
    [{ status: 302 }],
    [{ status: 303 }],
    [{ status: 308 }],
    [{ by: 'direct' }],
    [{ sameHostFirst: true, sizeByCdn: true }],
    [{ linkUses: 1 }],
  ] as const)('may be handed out as %j', async (delivery) => {
    const { source, blob, pull } = await aModel();
    registry.deliver(blob.digest, delivery);
    expect(await source.blob(blob).size(never())).toBe(SIZE);
    expect((await pull()).digest).toBe(blob.digest);
  });

  it('is asked for a second time only for what its addresses that expire did not give', async () => {
    const { blob, pull } = await aModel();
    registry.setFault({ at: 'data', first: 3 }, { kind: 'expire-link' });
    expect((await pull()).digest).toBe(blob.digest);
    expect(registry.bytesServed(blob.digest)).toBeLessThan(SIZE + 10_000); // and some words of the CDN
  });

  it('that needs a newer Ollama is refused with that', async () => {
    const { source } = await aModel({ requires: '0.40.0' });
    await expect(source.manifest(never())).rejects.toThrow('a newer version of Ollama than 0.33.0');
  });
});

describe('a model for those who are known', () => {
  it('comes to who has the key, and its token goes nowhere else', async () => {
    const key = sshpk.generatePrivateKey('ed25519');
    const [, known] = key.toPublic().toString('ssh').split(' ');
    const { source, manifest, blob, pull } = await aModel(
      { access: { keys: [known!] } },
      key.toString('openssh'),
    );
    expect((await source.manifest(never())).equals(manifest)).toBe(true);
    registry.expireTokens();
    expect((await pull()).digest).toBe(blob.digest);
    expect(registry.leaks).toEqual([]);
  });

  it('does not come to others', async () => {
    const { source } = await aModel({ access: { keys: ['AAAA'] } });
    await expect(source.manifest(never())).rejects.toThrow('this key is not registered');
  });

  it.each(Object.entries(WRONG_REALMS))('is not proven to %s', async (_what, realm) => {
    const { source } = await aModel({ access: { realm } });
    await expect(source.manifest(never())).rejects.toThrow('unauthorized');
    expect(registry.requests.every(({ asked }) => asked === 'manifest')).toBe(true);
  });
});

describe('what goes wrong on the way and passes', () => {
  const passing: [string, Fault][] = [
    ['a refused connection', { kind: 'refuse' }],
    ['silence', { kind: 'silence' }],
    ['a reset', { kind: 'reset', afterBytes: 300_000 }],
    ['a stall', { kind: 'stall', afterBytes: 300_000 }],
    ['an end too early', { kind: 'short', afterBytes: 300_000 }],
    ['an end too early that is not told', { kind: 'short', afterBytes: 300_000, says: 'nothing' }],
    ['too many bytes', { kind: 'long', extraBytes: 100, says: 'nothing' }],
    ['a busy server', { kind: 'status', status: 503 }],
    ['small pieces', { kind: 'slow', chunkBytes: 100_000 }],
  ];
  it.each(passing)('%s', async (_what, fault) => {
    const { blob, pull } = await aModel();
    registry.setFault({ at: 'data', first: 3 }, fault);
    const waits = fault.kind === 'silence' || fault.kind === 'stall';
    expect((await pull(waits ? { stallMs: 200 } : {})).digest).toBe(blob.digest);
  });
});

describe('what cannot be', () => {
  const lasting: [string, Fault, string][] = [
    ['the whole for a part', { kind: 'ignore-range' }, 'does not give parts'],
    ['another part', { kind: 'other-range', shiftBytes: 1 }, 'another part of the blob'],
    ['another length', { kind: 'short', afterBytes: 10, says: 'what-it-is' }, 'another length'],
    ['wrong bytes', { kind: 'wrong-byte', at: 2 * MB }, 'digest mismatch'],
  ];
  it.each(lasting)('%s is refused', async (_what, fault, problem) => {
    const { pull } = await aModel();
    registry.setFault({ at: 'data' }, fault);
    await expect(pull()).rejects.toThrow(problem);
  });

  it.each(Object.entries(FORBIDDEN_ADDRESSES))('a redirect to %s is not followed', async (_what, to) => {
    const { source, blob } = await aModel();
    registry.setFault({ at: 'link' }, { kind: 'redirect', to });
    await expect(source.blob(blob).read({ start: 0, end: 10 }, never())).rejects.toMatchObject({
      failure: 'upstream_error',
      shouldRetry: false,
    });
    expect(registry.requests.filter(({ server }) => server === 'cdn')).toEqual([]);
  });

  it('redirects without end are not followed for ever', async () => {
    const { source } = await aModel();
    registry.setFault({ at: 'manifest' }, { kind: 'redirect-loop' });
    await expect(source.manifest(never())).rejects.toThrow('redirects too often');
    expect(registry.requests).toHaveLength(11);
  });

  it('a manifest without end is given up', async () => {
    const { source } = await aModel();
    registry.setFault({ at: 'manifest' }, { kind: 'endless' });
    await expect(source.manifest(never())).rejects.toThrow('larger than');
  });
});

describe('a process that is killed', () => {
  it.each([0.02, 0.3, 0.55, 0.9])('after %f of a blob is gone on from by the next', async (share) => {
    const { blob, pull } = await aModel();
    const slow = registry.setFault({ at: 'data' }, { kind: 'slow', chunkBytes: 50_000, delayMs: 5 });
    const environment = { ORIGIN: registry.origin, CDN: registry.cdnOrigin, DIRECTORY: directory };
    const killed = spawn(process.execPath, [PROCESS], {
      env: { ...environment, DIGEST: blob.digest, SIZE_BYTES: String(SIZE) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await Promise.all([
      registry
        .until(() => registry.bytesServed(blob.digest) >= SIZE * share)
        .then(() => killed.kill('SIGKILL')),
      once(killed, 'exit'),
    ]);
    slow.end();
    await registry.until((requests) => requests.every(({ ending }) => ending !== undefined));
    const before = registry.bytesServed(blob.digest);
    const saved = await readFile(join(directory, 'parts.json'), 'utf8').catch(() => '{"ranges":[]}');
    const ranges = JSON.parse(saved).ranges as [number, number][];
    const savedBytes = ranges.reduce((sum, [start, end]) => sum + end - start, 0);
    expect((await pull()).digest).toBe(blob.digest);
    expect(registry.bytesServed(blob.digest) - before).toBe(SIZE - savedBytes);
    if (share > 0.5) expect(savedBytes).toBeGreaterThan(0);
    expect((await readdir(directory)).sort()).toEqual(['data', 'parts.json']);
  });
});
