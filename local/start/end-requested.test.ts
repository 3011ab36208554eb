import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { endRequested } from './end-requested.ts';

function aTerminal() {
  const signals = new EventEmitter();
  const seen: string[] = [];
  let clockMs = 5;
  const surroundings = { signals, nowMs: () => clockMs, endAtOnce: () => seen.push('at once') };
  const requested = endRequested(surroundings).then(() => seen.push('requested'));
  return {
    seen,
    requested,
    send: (signal: string, afterMs: number) => {
      clockMs += afterMs;
      signals.emit(signal);
    },
  };
}

describe('the end', () => {
  it.each(['SIGINT', 'SIGTERM'])(
    'is asked for by %s; the same again within a second changes nothing',
    async (signal) => {
      const { seen, requested, send } = aTerminal();
      send(signal, 0);
      send(signal, 999);
      await requested;
      expect(seen).toEqual(['requested']);
    },
  );

  it('comes at once when it is asked for again later', async () => {
    const { seen, requested, send } = aTerminal();
    send('SIGINT', 0);
    await requested;
    send('SIGTERM', 1_000);
    expect(seen).toEqual(['requested', 'at once']);
  });
});
