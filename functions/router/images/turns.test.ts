import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

const never = new AbortController().signal;

/** Work that goes on until it is let go, and what has begun of it. */
function stage(turns: Turns) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const begin = (name: string, signal = never) =>
    turns.take(signal, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
    });
  return { begun, begin, end: (name: string) => ends.get(name)!() };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('are given to so many at once, and to the others in the order in which they came', async () => {
    const { begun, begin, end } = stage(new Turns(2));
    const [a, b] = [begin('a'), begin('b'), begin('c'), begin('d')];
    await settled();
    expect(begun).toEqual(['a', 'b']);
    end('b');
    await b;
    await settled();
    expect(begun).toEqual(['a', 'b', 'c']);
    end('a');
    await a;
    await settled();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('pass on when the work fails', async () => {
    const turns = new Turns(1);
    const failing = turns.take(never, () => Promise.reject(new Error('no')));
    const after = turns.take(never, async () => 'done');
    await expect(failing).rejects.toThrow('no');
    expect(await after).toBe('done');
  });

  it('are not given to who has left, before or while it waits', async () => {
    const turns = new Turns(1);
    const { begun, begin, end } = stage(turns);
    const a = begin('a');
    const leaver = new AbortController();
    const left = begin('left', leaver.signal);
    const last = begin('last');
    leaver.abort();
    await expect(left).rejects.toMatchObject({ failure: 'caller_gone' });
    await expect(begin('late', leaver.signal)).rejects.toMatchObject({ failure: 'caller_gone' });
    end('a');
    await a;
    await settled();
    end('last');
    await last;
    expect(begun).toEqual(['a', 'last']);
  });
});
