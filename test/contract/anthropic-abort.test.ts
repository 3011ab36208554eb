import { APIUserAbortError } from '@anthropic-ai/sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import { endlessly } from '../fakes/ollama/replies.ts';
import { anthropic, askMessage } from '../helpers/anthropic.ts';
import { limitsOf, receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, type ServedGateway } from '../helpers/served-gateway.ts';
import { aTenant, type Tenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

const never = new Promise(() => {});
const models = [
  { name: 'endless:latest', reply: () => ({ pieces: endlessly('more and '), delayPerChunkMs: 5 }) },
  { name: 'pensive:latest', reply: { pieces: [{ until: never }] } },
];

/** Its process goes on after a hang-up, as one does that has other calls in flight. */
let gateway: ServedGateway;
let tenant: Tenant;

beforeAll(async () => {
  gateway = await aServedGateway({ freeze: false, fake: { models, numParallel: 8 } });
  tenant = await aTenant(gateway, { limits: ['tokens/day=100000', 'parallel=1'] });
});

/** The receipt of a call, as soon as the ledger knows of its end. */
async function closedReceipt(requestId: string | null | undefined) {
  await expect.poll(async () => (await receiptOf(tenant, requestId)).status).not.toBe('open');
  return receiptOf(tenant, requestId);
}

describe("one who hangs up by Anthropic's SDK", () => {
  it('in the middle of a stream makes the upstream stop, and pays what had been made', async () => {
    const stream = anthropic(tenant).messages.stream({ ...askMessage('ollama/endless'), max_tokens: 5000 });
    const request = await gateway.fake.nextRequest('/api/chat');
    let pieces = 0;
    for await (const event of stream) {
      if (event.type === 'content_block_delta') pieces += 1;
      if (pieces === 5) break; // the SDK aborts when one stops reading
    }
    expect(await request.closed).toBe('aborted');
    expect(request.generation).toBe('stopped');
    const receipt = await closedReceipt(stream.request_id);
    expect(receipt).toMatchObject({ status: 'settled', source: 'counted', reason: 'caller_gone' });
    const { prompt, output } = receipt.tokens;
    expect(prompt.charged).toBe(prompt.estimated);
    expect(output.charged).toBeGreaterThanOrEqual(pieces);
    const charged = prompt.charged! + output.charged!;
    expect(await limitsOf(tenant)).toMatchObject([
      { metric: 'tokens', used: charged, held: 0 },
      { metric: 'parallel', held: 0 },
    ]);
  });

  it.each([true, false])('before the first token makes the upstream stop; stream: %s', async (stream) => {
    const abort = new AbortController();
    const call = { ...askMessage('ollama/pensive'), stream };
    const reply = thrownBy(anthropic(tenant).messages.create(call, { signal: abort.signal }));
    const request = await gateway.fake.nextRequest('/api/chat');
    abort.abort();
    expect(await reply).toBeInstanceOf(APIUserAbortError);
    expect(await request.closed).toBe('aborted');
    await expect.poll(async () => (await limitsOf(tenant)).map(({ held }) => held)).toEqual([0, 0]);
  });
});
