import { beforeAll, describe, expect, it } from 'vitest';
import { Caller } from '../helpers/chaos-caller.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aFleet, type Fleet } from '../helpers/chaos-fleet.ts';
import { aRawClient } from '../helpers/chaos-raw-client.ts';
import { aDatabaseUrl } from '../helpers/database.ts';

let databaseUrl: string;
let fleet: Fleet;
beforeAll(async () => {
  databaseUrl = await aDatabaseUrl();
  fleet = await aFleet({ databaseUrl });
});

type Tenant = Awaited<ReturnType<Fleet['tenant']>>;
const limits = { 'tokens/month': 1_000_000, 'requests/total': 1_000 };

/** A process of our role that was frozen in the middle of a write, with this tenant's limits locked. */
async function lock({ consumerId }: Tenant) {
  const client = await aRawClient(databaseUrl);
  await client.executeWithoutSync(`select 1 from limits where consumer_id = ${consumerId} for no key update`);
  return client;
}

async function once(tenant: Tenant, call: string): Promise<Caller> {
  const caller = new Caller(tenant, { script: { call, says: 2 }, stream: false });
  await caller.ended;
  return caller;
}

describe('a frozen process that keeps the rows of a tenant locked', () => {
  it('stops that tenant alone, with a 503, and is ended without a hand', async () => {
    const [victim, other] = [await fleet.tenant({ limits }), await fleet.tenant({ limits })];
    const stuck = await lock(victim);
    const together = [victim, other].map((tenant, index) => {
      const script = { call: `together ${index}`, says: 2 };
      return new Caller(tenant, { script, heldBack: true, stream: false });
    });
    await eventually(() => fleet.router.instances[0]?.inFlight).toBe(2);
    for (const caller of together) caller.send();
    await Promise.all(together.map(({ ended }) => ended));
    const [refused, served] = together as [Caller, Caller];
    expect([refused.status, refused.code, refused.headers['retry-after']]).toEqual([
      503,
      'gateway_not_ready',
      '2',
    ]);
    expect([served.status, served.pieces]).toEqual([200, 2]);

    await eventually(async () => (await once(victim, 'again')).status).toBe(200);
    expect(stuck.ended).toBe(true);
    await fleet.books.expectSquare();
  });

  it('does not keep a call of that tenant, which was under way, from being charged what was made', async () => {
    const tenant = await fleet.tenant({ limits });
    const caller = new Caller(tenant, { script: { call: 'under way', says: 3, gate: 'locked', more: 2 } });
    await caller.has(3);
    await lock(tenant);
    fleet.stage.open('locked');
    await caller.ended;
    expect([caller.pieces, caller.isDone]).toEqual([5, true]);
    await eventually(async () => (await once(tenant, 'afterwards')).status).toBe(200);
    expect((await fleet.books.receipts()).get('under way')).toMatchObject({ outcome: 'settled', output: 5 });
    await fleet.books.expectSquare();
  });

  it('is ended by the timer where nobody calls', async () => {
    const stuck = await lock(await fleet.tenant({ limits }));
    await eventually(async () => {
      expect(await fleet.router.fireTimer('sweep')).toBe(200);
      return stuck.ended;
    }).toBe(true);
  });
});
