import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.ts';

const never = new AbortController().signal;

/** A line before a number of places; calls are served in the order that it tells. */
function aLine() {
  const queue = new FairQueue();
  const served: string[] = [];
  let places = 0;
  const join = (consumer: number, name: string, signal = never) =>
    queue.wait(
      consumer,
      () => {
        if (places === 0) return false;
        places -= 1;
        served.push(name);
        return true;
      },
      signal,
    );
  const free = async (count: number) => {
    places += count;
    await queue.pump();
  };
  return { queue, served, join, free };
}

describe('a fair line', () => {
  it('lets consumers take turns, whatever each has waiting', async () => {
    const { served, join, free } = aLine();
    for (const name of ['a1', 'a2', 'a3', 'a4']) void join(1, name);
    for (const name of ['b1', 'b2']) void join(2, name);
    void join(3, 'c1');
    for (let place = 0; place < 7; place += 1) await free(1);
    expect(served).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  it('serves many at once in the same order', async () => {
    const { served, join, free, queue } = aLine();
    for (const name of ['a1', 'a2', 'a3']) void join(1, name);
    void join(2, 'b1');
    await free(3);
    expect(served).toEqual(['a1', 'b1', 'a2']);
    expect(queue.length).toBe(1);
  });

  it('lets a caller go who does not wait any more', async () => {
    const { served, join, free, queue } = aLine();
    const gone = new AbortController();
    const first = join(1, 'a1', gone.signal);
    void join(1, 'a2');
    gone.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await free(2);
    expect(served).toEqual(['a2']);
    expect(queue.length).toBe(0);
  });

  it('is not entered by one who has gone already', async () => {
    const { join, queue } = aLine();
    await expect(join(1, 'a1', AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(queue.length).toBe(0);
  });

  it('tells one that its attempt failed, and goes on with the others', async () => {
    const { queue, served, join, free } = aLine();
    const failing = queue.wait(1, () => Promise.reject(new Error('nowhere')), never);
    void join(2, 'b1');
    await Promise.all([expect(failing).rejects.toThrow('nowhere'), free(1)]);
    expect(served).toEqual(['b1']);
  });

  it('makes nobody wait for more than one call of each other consumer', async () => {
    const arrivals = fc.array(fc.nat(4), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(arrivals, async (consumers) => {
        const { served, join, free } = aLine();
        for (const consumer of consumers) void join(consumer, String(consumer));
        for (const _ of consumers) await free(1);
        expect([...served].sort()).toEqual(consumers.map(String).sort());
        // In each round every consumer that still waits is served once.
        for (const [at, consumer] of served.entries()) {
          const next = served.indexOf(consumer, at + 1);
          const between = served.slice(at + 1, next < 0 ? undefined : next);
          expect(next < 0 || new Set(between).size === between.length).toBe(true);
        }
      }),
    );
  });
});
