import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyGate, type GateEvent, isFull, nextPosition, slotsInUse, step, waiting } from './gate-state.ts';

const steps = (slots: number, queueLength: number, events: GateEvent[]) => {
  let state = emptyGate(slots, queueLength);
  const granted = events.map((event) => {
    const next = step(state, event);
    state = next.state;
    return next.granted;
  });
  return { state, granted };
};
const arrive = (caller: number): GateEvent => ({ type: 'arrive', caller });
const want = (caller: number): GateEvent => ({ type: 'want', caller });
const leave = (caller: number): GateEvent => ({ type: 'leave', caller });

describe('the gate', () => {
  it('gives slots in the order of arrival, not of loading', () => {
    const { granted } = steps(1, 2, [
      arrive(1),
      arrive(2),
      arrive(3),
      want(1),
      want(3),
      want(2),
      leave(1),
      leave(2),
    ]);
    expect(granted).toEqual([[], [], [], [1], [], [], [2], [3]]);
  });

  it('does not hold a free slot back for one that is still loading', () => {
    const { granted } = steps(1, 2, [arrive(1), arrive(2), want(2)]);
    expect(granted.at(-1)).toEqual([2]);
  });

  it('is full when slots and line are, and says where the next would stand', () => {
    const { state } = steps(1, 1, [arrive(1), want(1), arrive(2)]);
    expect(isFull(state)).toBe(true);
    expect(nextPosition(state)).toBe(2);
    expect(step(state, arrive(3)).state.places.has(3)).toBe(false);
  });
});

/** One caller a number; what is drawn may be out of place, as when a hang-up and an end come together. */
const anEvent = fc.record({
  type: fc.constantFrom('arrive' as const, 'want' as const, 'leave' as const),
  caller: fc.integer({ min: 0, max: 7 }),
});

describe('whatever comes in whatever order', () => {
  it('slots are neither given twice nor lost, and nobody who can be served waits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 3 }),
        fc.array(anEvent, { maxLength: 60 }),
        (slots, queueLength, events) => {
          let state = emptyGate(slots, queueLength);
          // The model: who is inside, in the order of arrival, who wants a slot, and who has one.
          let inside: number[] = [];
          const wanting = new Set<number>();
          const having = new Set<number>();
          for (const event of events) {
            const next = step(state, event);
            const { caller, type } = event;
            if (type === 'arrive' && !inside.includes(caller) && inside.length < slots + queueLength)
              inside.push(caller);
            if (type === 'want' && inside.includes(caller) && !having.has(caller)) wanting.add(caller);
            if (type === 'leave') {
              inside = inside.filter((each) => each !== caller);
              wanting.delete(caller);
              having.delete(caller);
            }
            const expected = inside.filter((each) => wanting.has(each)).slice(0, slots - having.size);
            expect(next.granted).toEqual(expected);
            for (const each of expected) {
              wanting.delete(each);
              having.add(each);
            }
            state = next.state;
            expect(slotsInUse(state)).toBe(having.size);
            expect(slotsInUse(state)).toBeLessThanOrEqual(slots);
            expect(waiting(state)).toBe(inside.length - having.size);
            expect(isFull(state)).toBe(inside.length === slots + queueLength);
          }
          for (const caller of inside) state = step(state, leave(caller)).state;
          expect(state.places.size).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });
});
