import { beforeAll, describe, expect, it } from 'vitest';
import { callLines } from '../helpers/call-lines.ts';
import { post } from '../helpers/outcome.ts';
import { aServedGateway, ask, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';

let gateway: ServedGateway;
let calls = 0;

beforeAll(async () => {
  gateway = await aServedGateway();
});

/** The line of one call, and the request id that its caller was told. */
async function lineOf(body: object, headers: Record<string, string> = {}) {
  const response = await post(gateway, body, headers);
  await response.text();
  calls += 1;
  return { line: (await callLines(gateway, calls)).at(-1)!, requestId: response.headers.get('x-request-id') };
}

describe.each(BACKENDS)('the one line that a call of the %s backend leaves in the log', (backend) => {
  it.each([true, false])('says who, what, where and how much; stream: %s', async (stream) => {
    const { line, requestId } = await lineOf({ ...ask(`${backend}/tiny`), stream });
    expect(line).toMatchObject({
      level: 'info',
      function: 'router',
      requestId,
      method: 'POST',
      status: 200,
      consumerId: expect.any(Number),
      keyId: expect.any(Number),
      model: `${backend}/tiny`,
      stream,
      upstream: expect.stringContaining(backend),
      attempts: 1,
      finish: 'stop',
      promptTokens: expect.any(Number),
      outputTokens: expect.any(Number),
      totalMs: expect.any(Number),
    });
    expect(line.outputTokens).toBeGreaterThan(0);
    expect(line).not.toHaveProperty('failure');
  });

  it('says why it failed, with what the caller was not told', async () => {
    gateway.fake.faults.next({ kind: 'cut-mid-line', afterChunks: 3 });
    const { line } = await lineOf({ ...ask(`${backend}/tiny`), stream: true });
    expect(line).toMatchObject({ status: 200, failure: 'upstream_error' });
  });

  it('does not quote a prompt that the upstream quoted in its refusal', async () => {
    const message = "invalid input: content='the words of a prompt'";
    gateway.fake.faults.next({
      kind: 'error-status',
      status: 400,
      body: JSON.stringify({ error: { message } }),
    });
    const { line } = await lineOf(ask(`${backend}/tiny`, 'the words of a prompt'));
    expect(line).toMatchObject({ status: 400, failure: 'invalid_request' });
    expect(JSON.stringify(line)).not.toContain('the words of a prompt');
  });
});

describe("the caller's own request id", () => {
  it('is kept beside ours, which it never becomes', async () => {
    const { line, requestId } = await lineOf(ask('ollama/tiny'), { 'x-client-request-id': 'theirs-1' });
    expect(line).toMatchObject({ clientRequestId: 'theirs-1', requestId });
    expect(requestId).not.toBe('theirs-1');
  });

  it('is cut short', async () => {
    const { line } = await lineOf(ask('ollama/tiny'), { 'x-client-request-id': 'x'.repeat(1000) });
    expect(line.clientRequestId).toBe('x'.repeat(128));
  });
});
