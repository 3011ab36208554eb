import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '#shared/errors.ts';
import { Gate, type Visit } from './gate.ts';

const aGate = (slots: number, queueLength: number, queueWaitMs = 60_000) =>
  new Gate({ slots, queueLength, queueWaitMs, onWaited: () => {} });
const never = new AbortController().signal;

describe('a gate', () => {
  it('tells who comes where it stands, and who is too many that it is busy, in the words of Ollama', async () => {
    const gate = aGate(1, 1);
    const [first, second] = [gate.enter(), gate.enter()];
    expect([first.position, second.position]).toEqual([0, 1]);
    expect(() => gate.enter()).toThrow(
      new GatewayError(
        'server_overloaded',
        'server busy, please try again.  maximum pending requests exceeded (position 2 in a queue of 1)',
        { retryAfterMs: 2_000 },
      ),
    );
  });

  it('gives up on a slot that does not become free in time', async () => {
    const gate = aGate(1, 1, 20);
    await gate.enter().takeSlot(never);
    const second = gate.enter();
    await expect(second.takeSlot(never)).rejects.toMatchObject({
      failure: 'server_overloaded',
      retryAfterMs: 2_000,
    });
    second.leave();
    expect(gate.waiting).toBe(0);
  });

  it('closes when the last has left, and lets nobody in meanwhile', async () => {
    const gate = aGate(1, 1);
    const visit = gate.enter();
    let isClosed = false;
    const closed = gate.close().then(() => {
      isClosed = true;
    });
    expect(() => gate.enter()).toThrow(expect.objectContaining({ failure: 'gateway_not_ready' }));
    expect(isClosed).toBe(false);
    visit.leave();
    await closed;
  });
});

/** What may happen to one of the callers that are inside. */
const anAct = fc.record({
  act: fc.constantFrom('arrive', 'load', 'hang-up', 'finish', 'break'),
  which: fc.nat(),
});

interface Caller {
  visit: Visit;
  hangUp: AbortController;
  place: 'loading' | 'queued' | 'slot';
}

describe('however callers come, hang up, finish and break', () => {
  it('slots are never more than there are, and all are free in the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 3 }),
        fc.array(anAct, { maxLength: 50 }),
        async (slots, queueLength, acts) => {
          const gate = aGate(slots, queueLength);
          const inside = new Set<Caller>();
          const leave = (caller: Caller) => {
            caller.visit.leave();
            inside.delete(caller);
          };
          for (const { act, which } of acts) {
            const candidates = [...inside].filter(({ place }) =>
              act === 'load' ? place === 'loading' : act === 'hang-up' || place === 'slot',
            );
            const caller = candidates[which % candidates.length];
            if (act === 'arrive' && inside.size < slots + queueLength) {
              inside.add({ visit: gate.enter(), hangUp: new AbortController(), place: 'loading' });
            } else if (act === 'arrive') expect(() => gate.enter()).toThrow(GatewayError);
            else if (act === 'load' && caller) {
              caller.place = 'queued';
              caller.visit.takeSlot(caller.hangUp.signal).then(
                () => {
                  caller.place = 'slot';
                },
                () => leave(caller),
              );
            } else if (act === 'hang-up' && caller) {
              caller.hangUp.abort(new Error('hung up'));
              if (caller.place !== 'queued') leave(caller);
            } else if (caller) leave(caller);
            await new Promise(setImmediate);
            const having = [...inside].filter(({ place }) => place === 'slot').length;
            const queued = [...inside].filter(({ place }) => place === 'queued').length;
            expect(gate.slotsInUse).toBe(having);
            expect(having).toBeLessThanOrEqual(slots);
            expect(queued === 0 || having === slots).toBe(true);
          }
          for (const caller of inside) caller.hangUp.abort(new Error('hung up'));
          for (const caller of [...inside]) leave(caller);
          await gate.close();
          expect([gate.slotsInUse, gate.waiting]).toEqual([0, 0]);
        },
      ),
      { numRuns: 200 },
    );
  });
});
