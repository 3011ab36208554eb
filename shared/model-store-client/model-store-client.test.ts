import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CredentialCheck } from '../credential/check-credential.ts';
import { anyCutOf } from '../fixtures/streams.ts';
import type { ModelJob } from '../model-jobs/job.ts';
import { ModelStoreClient } from './model-store-client.ts';

const SECRET = 'a secret of at least 32 characters';
const check = new CredentialCheck(SECRET, 'model-pull');

type Answer = (response: ServerResponse, request: IncomingMessage, body: string) => void;
let answer: Answer;
const server = createServer(async (request, response) => answer(response, request, await text(request)));
let store: ModelStoreClient;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  store = new ModelStoreClient({ url, secret: SECRET, subject: 'operator' });
});
afterAll(() => {
  server.close().closeAllConnections();
});
beforeEach(() => {
  answer = (response) => response.writeHead(500).end();
});

const job = (completedBytes: number): ModelJob => ({
  ...{ id: 'job_1', kind: 'pull', model: 'h/n/模型/t', request: {}, requestedBy: 'operator', attempt: 1 },
  ...{ stopRequested: false, result: null, createdAt: '', updatedAt: '' },
  state: { status: 'running', phase: 'pulling', layers: [], completedBytes, totalBytes: 9 },
});

async function write(response: ServerResponse, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    await new Promise((resolve) => response.write(piece, resolve));
    await new Promise(setImmediate); // so that each is a chunk of its own, mostly
  }
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = [];
  for await (const value of values) gathered.push(value);
  return gathered;
}

describe('a request to the store', () => {
  it('is signed for what it asks, and says who asks', async () => {
    let subject: Promise<string> | undefined;
    answer = (response, { headers: { authorization }, method = '' }) => {
      subject = check.subject({ authorization, method, path: '/pulls' });
      response.end('{"pulls":[],"has_more":true}');
    };
    expect(await store.jobs({ limit: 3, before: 'job_2' })).toEqual({ jobs: [], hasMore: true });
    expect(await subject).toBe('operator');
  });

  it.each<[number, string, object]>([
    [
      400,
      '{"error":{"message":"No.","param":"model"}}',
      { failure: 'invalid_request', message: 'No.', param: 'model' },
    ],
    [404, '{"error":"model not found"}', { failure: 'not_found', message: 'model not found' }],
    [409, '{"error":{"message":"Busy."}}', { failure: 'conflict', message: 'Busy.' }],
    [
      401,
      '{"error":{"message":"Who?"}}',
      { failure: 'internal_error', message: expect.stringContaining('INTERNAL_SECRET') },
    ],
    [503, '<html>', { failure: 'server_overloaded' }],
    [500, '', { failure: 'upstream_error', message: 'The model store answered with status 500.' }],
    [
      200,
      '{"pull":{}}',
      { failure: 'upstream_error', message: expect.stringContaining('cannot be understood') },
    ],
    [200, 'nothing', { failure: 'upstream_error' }],
  ])('that is answered with %i %s is told in these words', async (status, body, error) => {
    answer = (response) => response.writeHead(status).end(body);
    await expect(store.job('job_1')).rejects.toMatchObject(error);
  });

  it('whose answer breaks off is no success', async () => {
    answer = (response) => response.writeHead(200).write('{"models":[', () => response.destroy());
    await expect(store.models()).rejects.toMatchObject({ failure: 'upstream_error' });
  });

  it('ends with whoever asks', async () => {
    const left = new AbortController();
    let closed: Promise<unknown> | undefined;
    answer = (response) => {
      closed = once(response, 'close');
      left.abort();
    };
    await expect(store.runHere(job(1), left.signal)).rejects.toMatchObject({ failure: 'upstream_error' });
    await closed;
  });
});

describe('asking for a run', () => {
  it.each<[string, Answer, object]>([
    ['accepted', (response) => response.writeHead(202).end(), { kind: 'accepted' }],
    ['accepted before', (response) => response.writeHead(409).end('{"Code":"x"}'), { kind: 'accepted' }],
    [
      'done at once',
      (response) => response.end(JSON.stringify({ pull: job(9) })),
      { kind: 'over', job: job(9) },
    ],
  ])('is %s', async (_, how, asked) => {
    answer = how;
    expect(await store.runApart(job(1))).toEqual(asked);
  });

  it('is refused in the words of the store itself', async () => {
    answer = (response) => response.writeHead(409).end('{"error":{"message":"Busy."}}');
    await expect(store.runApart(job(1))).rejects.toMatchObject({ failure: 'conflict', message: 'Busy.' });
  });

  it('is asked for anew after a retry, and once for each time that it waits', async () => {
    const asked: unknown[] = [];
    answer = (response, { headers }) => {
      asked.push(headers['x-fc-async-task-id']);
      response.writeHead(202).end();
    };
    for (const second of [1, 1, 2])
      await store.runApart({ ...job(1), updatedAt: `2026-08-01T00:00:0${second}.000Z` });
    expect(asked[1]).toBe(asked[0]);
    expect(asked[2]).not.toBe(asked[0]);
    for (const id of asked) expect(id).toMatch(/^job_1-2-\d+$/);
  });
});

describe('what is watched', () => {
  it('is the same however its bytes are cut', async () => {
    const states = [job(1), job(2), job(3)];
    const events = states
      .map((state) => `: alive\nevent: progress\ndata: ${JSON.stringify(state)}\n\n`)
      .join(': \n');
    const whole = Buffer.from(`${events}event: end\r\ndata: {}\r\n\r\n`);
    await fc.assert(
      fc.asyncProperty(anyCutOf(whole), async (pieces) => {
        answer = (response) => void write(response, pieces); // and stays open: `end` is the end
        expect(await all(store.watch('job_1'))).toEqual(states);
      }),
      { numRuns: 40 },
    );
  });

  it('and breaks off has told what came before', async () => {
    answer = (response) =>
      void write(response, [
        Buffer.from(`event: progress\ndata: ${JSON.stringify(job(1))}\n\nevent: pro`),
      ]).then(() => response.destroy());
    const seen: ModelJob[] = [];
    const watching = async () => {
      for await (const state of store.watch('job_1')) seen.push(state);
    };
    await expect(watching()).rejects.toMatchObject({ failure: 'upstream_error' });
    expect(seen).toEqual([job(1)]);
  });
});

describe('what is being made', () => {
  it('is told the same however its bytes are cut', async () => {
    const whole = Buffer.from(
      '{"status":"using layer 模"}\n\n{"status":"writing manifest"}\r\n{"status":"success"}',
    );
    await fc.assert(
      fc.asyncProperty(anyCutOf(whole), async (pieces) => {
        answer = (response) => void write(response, pieces).then(() => response.end());
        const said = await all(store.create({ model: 'a', from: 'b' }));
        expect(said).toEqual(['using layer 模', 'writing manifest', 'success']);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['{"status":"a"}\n{"error":"no such base"}\n', 'no such base'],
    ['{"status":"a"}\n', 'broke off'],
    ['{"other":1}\n', 'cannot be understood'],
  ])('and fails is no success: %j', async (body, message) => {
    answer = (response) => response.end(body);
    await expect(all(store.create({ model: 'a', from: 'b' }))).rejects.toThrow(message);
  });
});
