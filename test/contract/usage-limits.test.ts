import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import { limitsOf, receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, ask, type ServedGateway } from '../helpers/served-gateway.ts';
import { aLedgerClock, aTenant } from '../helpers/tenant.ts';

let gateway: ServedGateway;
let clock: Awaited<ReturnType<typeof aLedgerClock>>;

beforeAll(async () => {
  gateway = await aServedGateway();
  clock = await aLedgerClock(gateway, '2026-08-20T23:30:00+08:00');
});

const tiny = ask('ollama/tiny');

describe('GET /v1/usage', () => {
  it('shows the limits of the key, then those of its consumer, and never those above', async () => {
    const parent = await aTenant(gateway, { limits: ['tokens/total=123456789', 'requests/day=77'] });
    const tenant = await aTenant(gateway, {
      parentId: parent.consumerId,
      limits: ['tokens/month=9000', 'cost/day=2yuan'],
      keyLimits: ['parallel=3', 'requests/minute=60'],
    });
    expect(await tenant.client.get('/usage')).toEqual({
      object: 'usage',
      limits: [
        {
          owner: 'key',
          metric: 'requests',
          window: 'minute',
          limit: 60,
          used: null,
          held: null,
          left: 60,
          resets_at: '2026-08-20T15:30:00.000Z',
          strict: false,
        },
        {
          owner: 'key',
          metric: 'parallel',
          window: 'open',
          limit: 3,
          used: null,
          held: 0,
          left: 3,
          resets_at: null,
          strict: false,
        },
        {
          owner: 'consumer',
          metric: 'tokens',
          window: 'month',
          limit: 9000,
          used: 0,
          held: 0,
          left: 9000,
          resets_at: '2026-08-31T16:00:00.000Z',
          strict: true,
        },
        {
          owner: 'consumer',
          metric: 'cost',
          window: 'day',
          limit: 2_000_000,
          used: 0,
          held: 0,
          left: 2_000_000,
          resets_at: '2026-08-20T16:00:00.000Z',
          strict: false,
        },
      ],
    });
  });

  it('counts what was used up to this moment, and gives a rate back as its clock runs', async () => {
    const tenant = await aTenant(gateway, { limits: ['tokens/total=100000', 'requests/minute=2'] });
    const { response } = await tenant.client.chat.completions.create(tiny).withResponse();
    const { tokens } = await receiptOf(tenant, response.headers.get('x-request-id'));
    const used = tokens.prompt.charged! + tokens.output.charged!;
    expect(used).toBeGreaterThan(0);
    expect(await limitsOf(tenant)).toMatchObject([
      { metric: 'requests', left: 1, resets_at: '2026-08-20T15:30:30.000Z' },
      { metric: 'tokens', used, held: 0, left: 100_000 - used, resets_at: null },
    ]);
    await clock.advance('30 seconds');
    expect((await limitsOf(tenant))[0]).toMatchObject({ left: 2, resets_at: '2026-08-20T15:30:30.000Z' });
  });

  it('shows a window that has ended as fresh, before any call has left it', async () => {
    const limits = ['tokens/day=1000', 'requests/hour=5'];
    const [here, there] = await Promise.all([
      aTenant(gateway, { limits }),
      aTenant(gateway, { limits, timeZone: 'America/New_York' }),
    ]);
    for (const { client } of [here, there]) await client.chat.completions.create({ ...tiny, max_tokens: 64 });
    expect(await limitsOf(here)).toMatchObject([{ used: 1, left: 4 }, { used: expect.any(Number) }]);
    await clock.set('2026-08-21T01:10:00+08:00');
    const fresh = { used: 0, held: 0 };
    expect(await limitsOf(here)).toMatchObject([
      { ...fresh, left: 5, resets_at: '2026-08-20T18:00:00.000Z' },
      { ...fresh, left: 1000, resets_at: '2026-08-21T16:00:00.000Z' },
    ]);
    const [, day] = await limitsOf(there);
    expect(day!.used).toBeGreaterThan(0); // there it is still the same day
    expect(day!.resets_at).toBe('2026-08-21T04:00:00.000Z');
  });

  it('says what the ledger will count with after its next call', async () => {
    const tenant = await aTenant(gateway, {
      limits: ['requests/day=9', 'requests/hour=9', 'tokens/hour=900'],
    });
    await clock.advance('40 days');
    const shown = await limitsOf(tenant);
    await gateway.database.write((db) =>
      db.execute(sql`select leave_windows(array(select id from limits), ledger_now())`),
    );
    expect(await limitsOf(tenant)).toEqual(shown);
  });

  it('leaves out a limit that was retired, and is empty where there is none', async () => {
    const tenant = await aTenant(gateway, { limits: ['tokens/day=1000'] });
    await gateway.database.write((db) =>
      db.execute(sql`update limits set retired_at = now() where consumer_id = ${tenant.consumerId}`),
    );
    expect(await limitsOf(tenant)).toEqual([]);
  });
});
