import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import { anOpenCall, gated } from '../helpers/gated-model.ts';
import { limitsOf, receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, ask, type ServedGateway } from '../helpers/served-gateway.ts';
import { aLedgerClock, aTenant, type Tenant } from '../helpers/tenant.ts';

let gateway: ServedGateway;
let clock: Awaited<ReturnType<typeof aLedgerClock>>;

/** Its tokens are long: twice as many as we take a model's for that we do not know. */
const wordy = {
  name: 'wordy:latest',
  reply: { pieces: [{ text: 'So it is.' }], promptTokens: 2_000, outputTokens: 40 },
};

beforeAll(async () => {
  gateway = await aServedGateway({ fake: { models: [gated, wordy], numParallel: 8 } });
  clock = await aLedgerClock(gateway, new Date().toISOString());
});

const timer = () => gateway.fc.functions.get('router')!.fireTimer('sweep');

/** Its process is lost with all calls in it; the next one begins anew. */
async function loseRouter(): Promise<void> {
  for (const instance of gateway.fc.functions.get('router')!.instances) await instance.kill();
}

describe('the timer, after a router was lost with its calls', () => {
  it('leaves them as long as their leases and the grace run, then closes them at what is known', async () => {
    const tenant = await aTenant(gateway, { limits: ['tokens/day=5000', 'parallel=2'] });
    const open = await anOpenCall(tenant);
    await expect.poll(async () => (await receiptOf(tenant, open.requestId)).upstream).not.toBeNull();
    await loseRouter();
    await open.finish();
    expect(await timer()).toBe(200);
    expect(await receiptOf(tenant, open.requestId)).toMatchObject({ status: 'open' });
    await clock.advance('2 minutes');
    expect(await timer()).toBe(200);
    const receipt = await receiptOf(tenant, open.requestId);
    expect(receipt).toMatchObject({ status: 'expired', final: false, source: 'estimated' });
    expect(receipt).toMatchObject({ reason: 'router_lost', upstream: expect.stringMatching(/^u\d+$/) });
    const { prompt, output } = receipt.tokens;
    expect(prompt.charged).toBe(prompt.estimated);
    expect(output.charged).toBeLessThanOrEqual(output.held);
    expect(await limitsOf(tenant)).toMatchObject([
      { metric: 'tokens', used: prompt.charged! + output.charged!, held: 0 },
      { metric: 'parallel', held: 0, left: 2 },
    ]);
  });

  it('charges nothing for a call of which no upstream was asked', async () => {
    const tenant = await aTenant(gateway, { limits: ['tokens/day=5000', 'requests/day=3'] });
    const requestId = await aHoldOf(tenant);
    await clock.advance('2 minutes');
    await timer();
    expect(await receiptOf(tenant, requestId)).toMatchObject({
      status: 'expired',
      final: true,
      upstream: null,
      cost_micro_yuan: 0,
    });
    expect((await limitsOf(tenant)).map(({ used, held }) => [used, held])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

/** A hold as a router leaves it that is lost between its admission and its upstream. */
async function aHoldOf({ keyId }: Tenant): Promise<string> {
  const id = '01990000-0000-7000-8000-000000000001';
  const size = { messages: 1, tools: 0, images: 0, bytes: 6, latin: 6, cjk: 0, other: 0 };
  const call = { id, router: id, key: keyId, model: 'ollama/gated', choices: 1, output: 100, ...size };
  const [row] = await gateway.database.write((db) =>
    db.execute<{ verdicts: { verdict: string }[] }>(
      sql`select admit_v2(${JSON.stringify([call])}::jsonb) as verdicts`,
    ),
  );
  expect(row!.verdicts[0]!.verdict).toBe('admitted');
  return id;
}

describe('the timer, after a model has reported what its prompts were', () => {
  it('teaches the next estimate: it comes nearer to the truth, and so does what is held', async () => {
    const tenant = await aTenant(gateway);
    const prompt = 'word '.repeat(800);
    const estimateOf = async () => {
      const { response } = await tenant.client.chat.completions
        .create({ ...ask('ollama/wordy', prompt), max_tokens: 100 })
        .withResponse();
      const { tokens } = await receiptOf(tenant, response.headers.get('x-request-id'));
      expect(tokens.prompt.charged).toBe(2_000);
      return tokens.prompt.estimated;
    };
    const unknown = await estimateOf();
    expect(unknown).toBe(Math.ceil(prompt.length * 0.25) + 8 + 4);
    await timer();
    const once = await estimateOf();
    expect(once).toBeGreaterThan(unknown);
    await Promise.all(Array.from({ length: 10 }, estimateOf));
    await timer();
    const often = await estimateOf();
    expect(Math.abs(2_000 - often)).toBeLessThan(Math.abs(2_000 - once));
    const [row] = await gateway.database.read((db) =>
      db.execute<{ usual_output: number }>(sql`select * from calibrations where model = 'ollama/wordy'`),
    );
    expect(row).toMatchObject({ usual_output: 40 });
  });
});
