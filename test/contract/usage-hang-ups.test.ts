import { APIUserAbortError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { endlessly } from '../fakes/ollama/replies.ts';
import { limitsOf, receiptOf } from '../helpers/own-usage.ts';
import {
  aServedGateway,
  ask,
  BACKENDS,
  type ServedGateway,
  upstreamPath,
} from '../helpers/served-gateway.ts';
import { whileAdmitted } from '../helpers/stalled-ledger.ts';
import { aTenant, type Tenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

const never = new Promise(() => {});
const models = [
  { name: 'endless:latest', reply: () => ({ pieces: endlessly('more and '), delayPerChunkMs: 5 }) },
  { name: 'pensive:latest', reply: { pieces: [{ until: never }] } },
];

/** Its process goes on after a hang-up, as one does that has other calls in flight. */
let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway({ freeze: false, fake: { models, numParallel: 8 } });
});

const LIMITS = ['tokens/day=100000', 'requests/day=9', 'parallel=1'];

/** The receipt, as soon as the ledger knows of the hang-up. */
async function closedReceipt(tenant: Tenant, requestId: string) {
  await expect.poll(async () => (await receiptOf(tenant, requestId)).status).not.toBe('open');
  return receiptOf(tenant, requestId);
}

async function expectUsed(tenant: Tenant, tokens: number): Promise<void> {
  expect(await limitsOf(tenant)).toMatchObject([
    { metric: 'requests', used: 1, held: 0 },
    { metric: 'tokens', used: tokens, held: 0 },
    { metric: 'parallel', held: 0 },
  ]);
}

describe.each(BACKENDS)('a caller who hangs up on a model of the %s backend', (backend) => {
  const path = upstreamPath(backend);

  it('in the middle of a stream pays the prompt and what had been made', async () => {
    const tenant = await aTenant(gateway, { limits: LIMITS });
    const request = { ...ask(`${backend}/endless`), stream: true } as const;
    const { data, response } = await tenant.client.chat.completions.create(request).withResponse();
    await gateway.fake.nextRequest(path);
    let pieces = 0;
    for await (const { choices } of data) {
      if (choices[0]?.delta.content) pieces += 1;
      if (pieces === 5) break; // the SDK aborts when one stops reading
    }
    const receipt = await closedReceipt(tenant, response.headers.get('x-request-id')!);
    expect(receipt).toMatchObject({ status: 'settled', source: 'counted', reason: 'caller_gone' });
    expect(receipt.attempts).toEqual([{ upstream: receipt.upstream }]); // it was not the upstream that failed
    const { prompt, output } = receipt.tokens;
    expect(prompt.charged).toBe(prompt.estimated);
    expect(output.charged).toBe(output.counted);
    expect(output.charged).toBeGreaterThanOrEqual(pieces);
    await expectUsed(tenant, prompt.charged! + output.charged!);
  });

  it.each([true, false])('before the first token pays the prompt; stream: %s', async (stream) => {
    const tenant = await aTenant(gateway, { limits: LIMITS });
    const abort = new AbortController();
    const request = { ...ask(`${backend}/pensive`), stream };
    const reply = thrownBy(tenant.client.chat.completions.create(request, { signal: abort.signal }));
    await gateway.fake.nextRequest(path);
    const requestId = await openCallOf(tenant);
    abort.abort();
    expect(await reply).toBeInstanceOf(APIUserAbortError);
    const receipt = await closedReceipt(tenant, requestId);
    expect(receipt).toMatchObject({ status: 'settled', source: 'counted', reason: 'caller_gone' });
    const { prompt, output } = receipt.tokens;
    expect(prompt.charged).toBe(prompt.estimated);
    expect(output).toMatchObject({ counted: 0, charged: 0 });
    await expectUsed(tenant, prompt.charged!);
  });
});

it('a caller who hangs up before an upstream was asked pays nothing', async () => {
  const tenant = await aTenant(gateway, { limits: LIMITS });
  const asked = gateway.fake.requests.length;
  const abort = new AbortController();
  const request = ask('ollama/endless');
  const { called } = await whileAdmitted(
    gateway,
    tenant,
    () => thrownBy(tenant.client.chat.completions.create(request, { signal: abort.signal })),
    async () => {
      const lines = gateway.log.length;
      abort.abort();
      const isNoticed = () => gateway.log.slice(lines).some((line) => line.includes('"hungUp":true'));
      await expect.poll(isNoticed, { interval: 5, timeout: 10_000 }).toBe(true);
    },
  );
  expect(await called).toBeInstanceOf(APIUserAbortError);
  await expect.poll(() => receiptsOf(tenant)).toEqual([{ outcome: 'released', reason: 'caller_gone' }]);
  expect(gateway.fake.requests).toHaveLength(asked);
  for (const { used, held } of await limitsOf(tenant)) expect([used ?? 0, held]).toEqual([0, 0]);
});

const receiptsOf = ({ consumerId }: Tenant) =>
  gateway.database.read(async (db) => [
    ...(await db.execute(`select outcome, reason from receipts where consumer_id = ${consumerId}`)),
  ]);

/** Its caller has not yet been told the id. */
async function openCallOf({ consumerId }: Tenant): Promise<string> {
  const rows = await gateway.database.read((db) =>
    db.execute<{ id: string }>(`select request_id as id from holds where consumer_id = ${consumerId}`),
  );
  return rows[0]!.id;
}
