import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { untilRead } from './until-read.ts';

const LONG_MS = 600_000;
const anAnswer = () => new EventEmitter() as unknown as ServerResponse;
const nobodyHungUp = new AbortController().signal;

describe('what was written to a caller', () => {
  it('is waited for until it is read', async () => {
    const outgoing = anAnswer();
    const read = untilRead(outgoing, nobodyHungUp, LONG_MS);
    outgoing.emit('drain');
    await expect(read).resolves.toBeUndefined();
  });

  it('is not waited for when the caller hangs up', async () => {
    const hangUp = new AbortController();
    const read = untilRead(anAnswer(), hangUp.signal, LONG_MS);
    hangUp.abort();
    await expect(read).resolves.toBeUndefined();
  });

  it('has the caller count as gone when it is never read', async () => {
    const read = untilRead(anAnswer(), nobodyHungUp, 10);
    await expect(read).rejects.toMatchObject({ failure: 'caller_gone' });
  });
});
