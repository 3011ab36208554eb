import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aTinyModel } from './a-model.ts';
import { type FakeRegistry, startFakeRegistry } from './fake-registry.ts';
import type { Fault } from './faults.ts';
import { got, head, locationOf, OLLAMA, onTheWire, opened } from './test-client.ts';

const BYTES = Buffer.from(Array.from({ length: 1_000 }, (_, at) => at % 251));
const PART = BYTES.subarray(100, 200);

let registry: FakeRegistry;
let digest: string;
let url: string;
beforeEach(async () => {
  registry = await startFakeRegistry();
  registry.addModel('tiny', aTinyModel());
  digest = registry.addBlob(BYTES);
  url = `${registry.origin}/v2/library/tiny/blobs/${digest}`;
});
afterEach(() => registry.stop());

const linkOf = async () => locationOf(await got(url), url);
/** The bytes 100 to 199, with all of this gone wrong. */
async function part(...faults: Fault[]) {
  registry.setFault({ at: 'data', blob: digest }, ...faults);
  return got(await linkOf(), { range: 'bytes=100-199' });
}

describe('a body can be', () => {
  it.each<[string, Fault, object]>([
    [
      'short and broken off',
      { kind: 'short', afterBytes: 30 },
      { end: 'broken', body: PART.subarray(0, 30), headers: { 'content-length': '100' } },
    ],
    [
      'short and say so',
      { kind: 'short', afterBytes: 30, says: 'what-it-is' },
      {
        end: 'whole',
        body: PART.subarray(0, 30),
        headers: { 'content-length': '30', 'content-range': 'bytes 100-199/1000' },
      },
    ],
    [
      'short without a word',
      { kind: 'short', afterBytes: 30, says: 'nothing' },
      { end: 'whole', body: PART.subarray(0, 30), headers: { 'transfer-encoding': 'chunked' } },
    ],
    [
      'long and say so',
      { kind: 'long', extraBytes: 5, says: 'what-it-is' },
      {
        end: 'whole',
        body: Buffer.concat([PART, Buffer.from('     ')]),
        headers: { 'content-length': '105' },
      },
    ],
    [
      'long without a word',
      { kind: 'long', extraBytes: 5, says: 'nothing' },
      {
        end: 'whole',
        body: Buffer.concat([PART, Buffer.from('     ')]),
        headers: { 'transfer-encoding': 'chunked' },
      },
    ],
    [
      'of another place, and say so',
      { kind: 'other-range', shiftBytes: 7 },
      { status: 206, body: BYTES.subarray(107, 207), headers: { 'content-range': 'bytes 107-206/1000' } },
    ],
    [
      'said to be of another place',
      { kind: 'headers', headers: { 'content-range': 'bytes 0-99/1000' } },
      { status: 206, body: PART, headers: { 'content-range': 'bytes 0-99/1000' } },
    ],
    [
      'the whole',
      { kind: 'ignore-range' },
      { status: 200, body: BYTES, headers: { 'content-length': '1000' } },
    ],
    ['slow', { kind: 'slow', chunkBytes: 1 }, { status: 206, body: PART }],
  ])('%s', async (_, fault, expected) => {
    expect(await part(fault)).toMatchObject(expected);
  });

  it('longer than it says: the rest is no answer to anything', async () => {
    const { body, headers } = await part({ kind: 'long', extraBytes: 5 });
    expect([headers['content-length'], body]).toEqual(['100', PART]);
    const [head, spilt] = (await onTheWire(await linkOf(), 'Range: bytes=100-199')).split('\r\n\r\n');
    expect(head).toMatch(/^content-length: 100$/m);
    expect(spilt).toBe(`${PART.toString('latin1')}     `);
  });

  it('wrong in one byte, if that byte is asked for', async () => {
    const wrong = Buffer.from(PART);
    wrong[23]! ^= 1;
    expect((await part({ kind: 'wrong-byte', at: 123 })).body).toEqual(wrong);
    expect((await got(await linkOf(), { range: 'bytes=124-199' })).body).toEqual(PART.subarray(24));
    registry.clearFaults();
    expect((await got(await linkOf())).body).toEqual(BYTES);
  });

  it('without an end', async () => {
    registry.setFault({ at: 'data' }, { kind: 'endless' });
    const response = await opened(await linkOf());
    let bytes = 0;
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length;
      if (bytes > 5_000_000) break;
    }
    const record = registry.requests.at(-1)!;
    expect(await record.closed).toBe('left');
    expect(record.bytesSent).toBeGreaterThan(4_000_000);
  });

  it('reset in the middle', async () => {
    const { end, body } = await part({ kind: 'reset', afterBytes: 40 });
    expect(end).toBe('broken');
    expect(PART.subarray(0, body.length)).toEqual(body);
    expect(registry.requests.at(-1)).toMatchObject({ bytesSent: 40, ending: 'cut' });
  });

  it('stalled in the middle, until it is released', async () => {
    const fault = registry.setFault({ at: 'data' }, { kind: 'stall', afterBytes: 40 });
    const answer = linkOf().then((link) => got(link));
    await registry.until((requests) =>
      requests.some(({ asked, bytesSent }) => asked === 'data' && bytesSent === 40),
    );
    fault.release();
    expect(await answer).toMatchObject({ end: 'whole', body: BYTES });
  });

  it('stalled until the registry stops', async () => {
    registry.setFault({ at: 'data' }, { kind: 'stall', afterBytes: 40 });
    const answer = linkOf().then((link) => got(link));
    await registry.until((requests) =>
      requests.some(({ asked, bytesSent }) => asked === 'data' && bytesSent === 40),
    );
    await registry.stop();
    expect(await answer).toMatchObject({ end: 'broken', body: BYTES.subarray(0, 40) });
    expect(registry.requests.at(-1)).toMatchObject({ ending: 'stopped' });
  });
});

describe('instead of an answer there can be', () => {
  it.each([500, 502, 503, 429])('%i so many times, and then the answer', async (status) => {
    const fault: Fault = { kind: 'status', status, headers: { 'retry-after': '1' } };
    const planned = registry.setFault({ at: 'data', first: 2 }, fault);
    const link = await linkOf();
    const answers = [await got(link), await got(link), await got(link)];
    expect(answers.map((answer) => answer.status)).toEqual([status, status, 200]);
    expect(answers[0]!.headers['retry-after']).toBe('1');
    expect(planned.hits).toBe(2);
  });

  it('nothing: the connection ends', async () => {
    registry.setFault({ at: 'size', nth: 2 }, { kind: 'refuse' });
    expect((await head(url)).status).toBe(200);
    await expect(head(url)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await head(url)).status).toBe(200);
  });

  it('silence, until it is released', async () => {
    const fault = registry.setFault({ at: 'manifest', model: 'library/tiny:latest' }, { kind: 'silence' });
    const answer = got(`${registry.origin}/v2/library/tiny/manifests/latest`, OLLAMA);
    await registry.until((requests) => requests.some(({ faults }) => faults.length > 0));
    expect(registry.requests.at(-1)).toMatchObject({ status: undefined });
    fault.release();
    expect((await answer).status).toBe(200);
  });
});

it('the size that HEAD tells can be another', async () => {
  registry.setFault({ at: 'size', blob: digest }, { kind: 'headers', headers: { 'content-length': '999' } });
  expect((await head(url)).headers['content-length']).toBe('999');
  registry.clearFaults();
  registry.setFault(
    { at: 'size', blob: digest },
    { kind: 'headers', headers: { 'content-length': undefined } },
  );
  expect((await head(url)).headers['content-length']).toBeUndefined();
});

it('an address can expire in the middle of a part', async () => {
  const link = await linkOf();
  registry.setFault({ at: 'data', first: 1 }, { kind: 'expire-link' }, { kind: 'reset', afterBytes: 40 });
  expect((await got(link)).end).toBe('broken');
  expect((await got(link)).status).toBe(403);
  expect((await got(await linkOf())).body).toEqual(BYTES);
});

describe('faults', () => {
  it('are for one part of many, if so planned', async () => {
    registry.setFault({ at: 'data', covers: 250 }, { kind: 'status', status: 500 });
    const link = await linkOf();
    const statuses = await Promise.all(
      [0, 100, 200, 300].map(async (at) => (await got(link, { range: `bytes=${at}-${at + 99}` })).status),
    );
    expect(statuses).toEqual([206, 206, 500, 206]);
  });

  it('combine, also those that were planned one by one', async () => {
    registry.setFault({ at: 'data' }, { kind: 'slow', chunkBytes: 7 });
    registry.setFault(
      { at: 'data', nth: 2 },
      { kind: 'wrong-byte', at: 0 },
      { kind: 'short', afterBytes: 50 },
    );
    const link = await linkOf();
    expect((await got(link)).body).toEqual(BYTES);
    const { end, body } = await got(link);
    expect([end, body.length, body[0]]).toEqual(['broken', 50, 1]);
    const kinds = registry.requests.at(-1)!.faults.map(({ kind }) => kind);
    expect(kinds).toEqual(['slow', 'wrong-byte', 'short']);
  });

  it('end when they are told to', async () => {
    const fault = registry.setFault({ at: 'link' }, { kind: 'status', status: 500 });
    expect((await got(url)).status).toBe(500);
    fault.end();
    expect((await got(url)).status).toBe(307);
  });

  it('come over manifests and tokens too', async () => {
    registry.setFault({ at: 'manifest' }, { kind: 'wrong-byte', at: 0 });
    registry.setFault({ at: 'token' }, { kind: 'status', status: 502, body: 'bad gateway' });
    const manifest = await got(`${registry.origin}/v2/library/tiny/manifests/latest`, OLLAMA);
    expect(String(manifest.body.subarray(0, 16))).toBe('z"schemaVersion"');
    expect(await got(`${registry.origin}/token`)).toMatchObject({
      status: 502,
      body: Buffer.from('bad gateway'),
    });
  });
});
