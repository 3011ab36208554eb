import OpenAI, { APIError, InternalServerError } from 'openai';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { callLines } from '../helpers/call-lines.ts';
import { listen } from '../helpers/chat-stream.ts';
import {
  aServedGateway,
  ask,
  BACKENDS,
  type ServedGateway,
  upstreamPath,
} from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;
let impatient: ServedGateway;
/** As everybody uses it: with its own two retries. */
let retrying: OpenAI;

beforeAll(async () => {
  [gateway, impatient] = await Promise.all([
    aServedGateway(),
    aServedGateway({ environment: { router: { FIRST_PIECE_TIMEOUT_MS: '100' } } }),
  ]);
  retrying = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key });
});

afterEach(() => gateway.fake.faults.clear());

const requestID = expect.stringMatching(/^req_[0-9a-f]{32}$/);
const serverError = (status: number, code: string) => ({ status, code, type: 'server_error', requestID });

describe.each(BACKENDS)('InternalServerError by a model of the %s backend', (backend) => {
  const tiny = ask(`${backend}/tiny`);
  const failure = () => thrownBy(gateway.client.chat.completions.create(tiny));

  it('has status 502 while the upstream is away, and is gone when it is back', async () => {
    await gateway.fake.refuseConnections();
    const error = await failure();
    await gateway.fake.acceptConnections();
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject(serverError(502, 'upstream_error'));
    const { choices } = await gateway.client.chat.completions.create(tiny);
    expect(choices[0]!.message.content).toContain('世界');
  });

  it("has status 503 when the upstream's queue is full, and says when to come back", async () => {
    gateway.fake.faults.next({ kind: 'queue-full' });
    const error = (await failure()) as APIError;
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject(serverError(503, 'server_overloaded'));
    expect(error.headers!.get('retry-after-ms')).toBe('2000');
    expect(error.headers!.get('retry-after')).toBe('2');
    expect(error.headers!.get('x-should-retry')).toBeNull();
  });

  it('has status 504 when the upstream does not begin in time', async () => {
    impatient.fake.faults.next({ kind: 'hang-before-head' });
    const error = await thrownBy(impatient.client.chat.completions.create(tiny));
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject(serverError(504, 'upstream_timeout'));
  });

  it.each([401, 403, 404, 429, 500])(
    "is what an upstream's own %i becomes, without its words",
    async (status) => {
      const body = JSON.stringify({
        error: { message: 'secret words of http://10.0.0.7:11434', code: 'theirs' },
      });
      gateway.fake.faults.next({ kind: 'error-status', status, body });
      const error = (await failure()) as APIError;
      expect(error).toBeInstanceOf(InternalServerError);
      expect(error.message).not.toMatch(/secret|10\.0\.0\.7/);
      expect(JSON.stringify([...error.headers!])).not.toMatch(/secret|10\.0\.0\.7/);
    },
  );

  it('in mid-stream is an APIError after the text so far, with nothing of the upstream in it', async () => {
    // On `/v1` Ollama loses its own error, so there the stream just breaks.
    const fault = backend === 'ollama' ? ('error-line' as const) : ('reset' as const);
    gateway.fake.faults.next({ kind: fault, afterChunks: 3 });
    const told = await listen(await gateway.client.chat.completions.create({ ...tiny, stream: true }));
    expect(told.text).toBe('Hello, 世');
    expect(told.error).toBeInstanceOf(APIError);
    expect(told.error).toMatchObject({ code: 'upstream_error', type: 'server_error', requestID });
    expect((told.error as APIError).message).not.toMatch(/CUDA|127\.0\.0\.1|ECONN/);
  });
});

describe("the OpenAI SDK's retries", () => {
  const answered = (model: string, headers: Record<string, string> = {}) =>
    retrying.chat.completions.create(ask(model), { headers });

  it('make three requests of a call that meets a 503 each time', async () => {
    const before = gateway.fake.requests.length;
    gateway.fake.faults.always({ kind: 'error-status', status: 503, headers: { 'retry-after': '0.01' } });
    const error = await thrownBy(answered('openai/tiny', { 'x-client-request-id': 'retried' }));
    expect(error).toMatchObject(serverError(503, 'server_overloaded'));
    expect(gateway.fake.requests.length - before).toBe(3);
    const lines = await callLines(gateway, 3, 'retried');
    expect(lines.map(({ sdkRetryCount }) => sdkRetryCount)).toEqual(['0', '1', '2']);
  });

  it('end with the answer when the place is free again', async () => {
    gateway.fake.faults.next({ kind: 'error-status', status: 503, headers: { 'retry-after': '0.01' } });
    expect((await answered('openai/tiny')).choices[0]!.message.content).toContain('世界');
  });

  it.each(BACKENDS)('do not repeat a bad request to the %s backend', async (backend) => {
    const before = gateway.fake.requests.length;
    gateway.fake.faults.always({ kind: 'error-status', status: 400, message: 'bad' });
    await expect(answered(`${backend}/tiny`)).rejects.toMatchObject({ status: 400 });
    expect(gateway.fake.requests.length - before).toBe(1);
  });

  it('do not repeat a whole answer that broke when tokens had been made', async () => {
    const before = gateway.fake.requests.length;
    gateway.fake.faults.always({ kind: 'cut-mid-line', afterChunks: 2 });
    const error = (await thrownBy(answered('ollama/tiny'))) as APIError;
    expect(error).toMatchObject(serverError(502, 'upstream_error'));
    expect(error.headers!.get('x-should-retry')).toBe('false');
    expect(gateway.fake.requests.length - before).toBe(1);
  });

  it.each(BACKENDS)('do not repeat a stream of the %s backend that broke', async (backend) => {
    const before = gateway.fake.requests.length;
    gateway.fake.faults.always({ kind: 'cut-mid-line', afterChunks: 2 });
    const told = await listen(
      await retrying.chat.completions.create({ ...ask(`${backend}/tiny`), stream: true }),
    );
    expect(told.error).toBeInstanceOf(APIError);
    expect(gateway.fake.requests.slice(before).map(({ path }) => path)).toEqual([upstreamPath(backend)]);
  });
});
