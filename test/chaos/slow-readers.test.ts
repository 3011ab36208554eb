import { beforeAll, describe, expect, it } from 'vitest';
import { Caller } from '../helpers/chaos-caller.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aFleet, type Fleet } from '../helpers/chaos-fleet.ts';
import { producedBy } from '../helpers/chaos-stage.ts';

let fleet: Fleet;
beforeAll(async () => {
  // One slot: whoever keeps it keeps all others out.
  fleet = await aFleet({ numParallel: 1, environment: { CALLER_READ_TIMEOUT_MS: '1000' } });
});

const limits = { 'tokens/month': 10_000_000 };

describe.each(['ollama/scripted', 'openai/scripted'])('a caller of %s who does not read', (model) => {
  it('pays when the answer is made, and keeps no slot until it has read it', async () => {
    const tenant = await fleet.tenant({ limits });
    const script = { call: `kept ${model}`, says: 800 }; // about 200 KB on the wire
    const stalled = new Caller(tenant, { model, script, stalled: true });
    await stalled.answered;
    await eventually(async () => (await fleet.books.receipts()).get(stalled.name)?.outcome).toBe('settled');
    expect((await fleet.books.receipts()).get(stalled.name)).toMatchObject({ final: true, output: 800 });
    expect(stalled.body).toBe('');
    const next = new Caller(tenant, { model, script: { call: `next ${model}`, says: 1 } });
    await next.ended;
    expect(next.isDone).toBe(true);
    stalled.read();
    await stalled.ended;
    expect([stalled.pieces, stalled.isDone]).toEqual([800, true]);
    await fleet.books.expectSquare();
  });

  it('at all has hung up, after a while', async () => {
    const tenant = await fleet.tenant({ limits });
    const script = { call: `never ${model}`, says: 8_000, padding: 16_000 }; // more than all sockets between us take
    const stalled = new Caller(tenant, { model, script, stalled: true });
    await stalled.answered;
    await eventually(async () => (await fleet.books.receipts()).get(stalled.name)?.reason).toBe(
      'caller_gone',
    );
    const request = fleet.fake.requests.at(-1)!;
    expect([await request.closed, request.generation]).toEqual(['aborted', 'stopped']);
    expect(producedBy(fleet.fake).get(stalled.name)).toBeLessThan(8_000);
    stalled.read();
    await stalled.ended;
    expect([stalled.broken, stalled.isDone]).toEqual([true, false]);
    await fleet.books.expectSquare();
  });
});
