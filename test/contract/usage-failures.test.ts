import { beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../fakes/ollama/faults.ts';
import { faults } from '../helpers/fault-table.ts';
import { post } from '../helpers/outcome.ts';
import { limitsOf, receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, ask, BACKENDS, type ServedGateway } from '../helpers/served-gateway.ts';
import { aPrice, aTenant } from '../helpers/tenant.ts';

let patient: ServedGateway;
let impatient: ServedGateway;

beforeAll(async () => {
  [patient, impatient] = await Promise.all([
    aServedGateway(),
    aServedGateway({ environment: { router: { FIRST_PIECE_TIMEOUT_MS: '150' } } }),
  ]);
  for (const gateway of [patient, impatient])
    for (const backend of BACKENDS) await aPrice(gateway, `${backend}/tiny`, 1_000_000, 1_000_000);
});

const LIMITS = ['requests/day=5', 'tokens/day=20000', 'cost/total=1yuan', 'parallel=1'];

/** A call of a tenant's own that meets a fault, and what it has come to when it is over. */
async function failing(gateway: ServedGateway, model: string, fault: Fault, stream: boolean) {
  const tenant = await aTenant(gateway, { limits: LIMITS });
  gateway.fake.faults.always(fault);
  const response = await post(tenant, { ...ask(model), stream });
  await response.text();
  gateway.fake.faults.clear();
  const receipt = await receiptOf(tenant, response.headers.get('x-request-id'));
  return { tenant, receipt, status: response.status };
}

async function expectFree({ tenant, receipt }: Awaited<ReturnType<typeof failing>>): Promise<void> {
  const nothing = expect.objectContaining({ charged: 0 });
  expect(receipt).toMatchObject({ status: 'released', final: true, cost_micro_yuan: 0, uncharged: 0 });
  expect(receipt.tokens).toMatchObject({ prompt: nothing, output: nothing });
  expect(receipt.attempts).toEqual([{ upstream: receipt.upstream, failure: receipt.reason }]);
  for (const { used, held, left, limit } of await limitsOf(tenant)) {
    expect({ used: used ?? 0, held, left }).toEqual({ used: 0, held: 0, left: limit });
  }
}

const failures = faults.filter(([, { stream }]) => stream.code !== null);
const beforeTheFirstPiece = failures.filter(([, { stream }]) => stream.text === '');
const afterTheFirst = failures.filter(([, { stream }]) => stream.text !== '');
/** What is wrong with the body of an answer. An upstream sends a whole one when it has made it: then that was work. */
const BROKEN_BODIES = ['is cut in the first line', 'begins with bad JSON', 'answers with a web page'];
const faultNamed = (what: string) => faults.find(([name]) => name === what)![1].fault;

describe.each(BACKENDS)('a call of the %s backend', (backend) => {
  const model = `${backend}/tiny`;
  const whole = beforeTheFirstPiece.filter(([what]) => backend === 'ollama' || !BROKEN_BODIES.includes(what));

  it.each([
    ...beforeTheFirstPiece.map(([what, row]) => ({ what, row, stream: true })),
    ...whole.map(([what, row]) => ({ what, row, stream: false })),
  ])('costs nothing when the upstream $what; stream: $stream', async ({ row, stream }) => {
    const failed = await failing(row.patience ? impatient : patient, model, row.fault, stream);
    expect(failed.receipt.reason).toBe(row.stream.code);
    await expectFree(failed);
  });

  it.each(afterTheFirst)('costs what had been made when the upstream %s', async (_, { fault, stream }) => {
    const { tenant, receipt } = await failing(patient, model, fault, true);
    const { prompt, output } = receipt.tokens;
    expect(receipt).toMatchObject({ status: 'settled', final: true, reason: stream.code });
    expect(prompt.charged).toBe(prompt.reported ?? prompt.estimated);
    expect(output.charged).toBe(output.reported ?? output.counted);
    expect(output.counted).toBeGreaterThanOrEqual(Math.ceil((stream.text.length * 1000) / 3500));
    expect(output.charged).toBeLessThanOrEqual(stream.text.length);
    const tokens = prompt.charged! + output.charged!;
    expect(receipt.cost_micro_yuan).toBe(tokens);
    expect(await limitsOf(tenant)).toMatchObject([
      { metric: 'requests', used: 1, held: 0 },
      { metric: 'tokens', used: tokens, held: 0 },
      { metric: 'cost', used: tokens, held: 0 },
      { metric: 'parallel', held: 0 },
    ]);
  });
});

describe('a whole answer that passes through', () => {
  it.each(BROKEN_BODIES.slice(0, 2))('costs its prompt when the upstream %s', async (what) => {
    const { tenant, receipt } = await failing(patient, 'openai/tiny', faultNamed(what), false);
    const { prompt, output } = receipt.tokens;
    expect(receipt).toMatchObject({ status: 'settled', reason: 'upstream_error', source: 'counted' });
    expect(prompt.charged).toBe(prompt.estimated);
    expect(output.charged).toBe(0); // of half a body nobody can say how much it is
    expect((await limitsOf(tenant)).map(({ held }) => held)).toEqual([0, 0, 0, 0]);
  });

  it('costs nothing when the upstream answers with a web page', async () => {
    await expectFree(await failing(patient, 'openai/tiny', faultNamed('answers with a web page'), false));
  });
});

describe('a call that is refused by ourselves', () => {
  it.each<[string, object]>([
    ['for a field that is wrong', { ...ask('ollama/tiny'), temperature: 'hot' }],
    ['for a model that there is not', ask('no/such')],
  ])('%s costs nothing', async (_, body) => {
    const tenant = await aTenant(patient, { limits: LIMITS });
    expect((await post(tenant, body)).ok).toBe(false);
    for (const { used, held } of await limitsOf(tenant)) expect([used ?? 0, held]).toEqual([0, 0]);
  });
});
