import { beforeAll, describe, expect, it } from 'vitest';
import { Caller } from '../helpers/chaos-caller.ts';
import { between, chance, times } from '../helpers/chaos-chance.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aFleet, type Fleet } from '../helpers/chaos-fleet.ts';

const CALLERS = 200;
const CAP = 32;
const random = chance('race');

let fleet: Fleet;
beforeAll(async () => {
  fleet = await aFleet({ callersPerInstance: 70 });
});

type Door = { url: string; key: string };
let bursts = 0;

/** Lets 200 callers come in the same moment to three routers; those who are served stay until all others have been told. */
async function burst(doors: Door[]) {
  bursts += 1;
  const gate = `burst ${bursts}`;
  const callers = times(CALLERS, (index) => {
    const call = `${String(bursts).padStart(3, '0')}-${String(index).padStart(3, '0')}`;
    const script = { call, says: 3, gate, more: 2 };
    const fields = { max_tokens: CAP };
    return new Caller(doors[index % doors.length]!, { script, fields, heldBack: true });
  });
  // Each has a seat in a router, which waits for its body alone.
  await eventually(seatsTaken).toEqual([70, 70, 60]);
  for (const caller of callers) caller.send();
  await Promise.all(callers.map(({ answered }) => answered));
  const served = callers.filter(({ status }) => status === 200);
  const refused = callers.filter(({ status }) => status !== 200);
  await Promise.all(refused.map(({ ended }) => ended));
  fleet.stage.open(gate);
  await Promise.all(served.map(({ ended }) => ended));
  expect(served.filter(({ isDone, pieces }) => !isDone || pieces !== 5)).toEqual([]);
  expect(refused.filter(({ status, headers }) => status !== 429 || !headers['retry-after'])).toEqual([]);
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['quota_in_flight']));
  return served;
}

const seatsTaken = () => fleet.router.instances.map(({ inFlight }) => inFlight);

/** What one call of a burst has held, and what it came to. */
async function sizeOfACall() {
  const { url, key } = await fleet.tenant({ limits: { 'tokens/month': 1_000_000 } });
  const script = { call: '000-000', says: 3, gate: 'burst 0', more: 2 };
  fleet.stage.open(script.gate);
  await new Caller({ url, key }, { script, fields: { max_tokens: CAP } }).ended;
  const { promptHeld, outHeld, prompt, output } = (await fleet.books.receipts()).get(script.call)!;
  return { held: promptHeld + outHeld, used: prompt + output };
}

describe('200 callers who come to three routers at once', () => {
  it.each([1, 2, 3])('with one key are served exactly as often as it has calls left (%i)', async () => {
    const room = between(random, 1, 60);
    const tenant = await fleet.tenant({ limits: { 'requests/total': room } });
    expect(await burst([tenant])).toHaveLength(room);
    expect(await fleet.books.used(tenant.consumerId)).toEqual([room]);
    const late = new Caller(tenant, { script: { call: 'late', says: 1 } });
    await late.ended;
    expect([late.status, late.code]).toEqual([429, 'insufficient_quota']);
    expect(late.headers['x-should-retry']).toBe('false');
    await fleet.books.expectSquare();
  });

  it('with one key are served as often as its strict tokens hold, and again as often as is left', async () => {
    const { held, used } = await sizeOfACall();
    const room = between(random, 5, 60);
    const tenant = await fleet.tenant({ limits: { 'tokens/month': room * held } });
    let left = room * held;
    for (let round = 1; round <= 3; round += 1) {
      const served = await burst([tenant]);
      expect(served).toHaveLength(Math.floor(left / held));
      left -= served.length * used;
      expect(await fleet.books.used(tenant.consumerId)).toEqual([room * held - left]);
      await fleet.books.expectSquare();
    }
  });

  it.each([1, 2])(
    'with the keys of four children are served as often as their parent has room (%i)',
    async () => {
      const room = between(random, 4, 60);
      const parent = await fleet.tenant({ limits: { 'requests/total': room, 'tokens/month': 1_000_000 } });
      const limits = { 'requests/total': room, 'requests/day': CALLERS };
      const children = await Promise.all(
        times(4, () => fleet.tenant({ parentId: parent.consumerId, limits })),
      );
      expect(await burst(children)).toHaveLength(room);
      const [used] = await fleet.books.used(parent.consumerId);
      expect(used).toBe(room);
      await fleet.books.expectSquare();
    },
  );

  it('were each decided by the router that they came to', async () => {
    expect(decided().size).toBe(3);
    // The line of a call is written when its caller has all of it, so the last may be still on its way.
    await eventually(() => Math.min(...decided().values())).toBeGreaterThanOrEqual(bursts * 60);
  });
});

/** Calls by the instance that tells of them. */
function decided(): Map<string, number> {
  const calls = fleet.log.filter(({ line }) => line.includes('"path":"/v1/chat/completions"'));
  const byInstance = Map.groupBy(calls, ({ instanceId }) => instanceId);
  return new Map([...byInstance].map(([instance, lines]) => [instance, lines.length]));
}
