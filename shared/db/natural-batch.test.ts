import { describe, expect, it } from 'vitest';
import { NaturalBatch } from './natural-batch.ts';

/** A batch whose round trips end when the test says so. */
function aGatedBatch(maxSize = 128) {
  const trips: { questions: number[]; back: (answers: number[]) => void; lost: (error: Error) => void }[] =
    [];
  const batch = new NaturalBatch<number, number>(
    (questions) => new Promise((back, lost) => trips.push({ questions, back, lost })),
    maxSize,
  );
  return { batch, trips };
}

const doubled = (questions: number[]) => questions.map((question) => question * 2);
const aFewTurns = async () => {
  for (let i = 0; i < 3; i += 1) await new Promise(setImmediate);
};

describe('questions in a natural batch', () => {
  it('leave with the next turn of the event loop when they come alone', async () => {
    const { batch, trips } = aGatedBatch();
    void batch.ask(1);
    await aFewTurns();
    expect(trips.map((trip) => trip.questions)).toEqual([[1]]);
  });

  it('travel together when they come in one turn', async () => {
    const { batch, trips } = aGatedBatch();
    void batch.ask(1);
    await Promise.resolve();
    void batch.ask(2);
    await aFewTurns();
    expect(trips.map((trip) => trip.questions)).toEqual([[1, 2]]);
  });

  it('travel together when they come while another is on its way, and each gets its own answer', async () => {
    const { batch, trips } = aGatedBatch();
    const first = batch.ask(1);
    await aFewTurns();
    const answers = Promise.all([first, batch.ask(2), batch.ask(3)]);
    trips[0]!.back(doubled(trips[0]!.questions));
    await aFewTurns();
    expect(trips[1]!.questions).toEqual([2, 3]);
    trips[1]!.back(doubled(trips[1]!.questions));
    expect(await answers).toEqual([2, 4, 6]);
  });

  it('never travel in a batch that is too large', async () => {
    const { batch, trips } = aGatedBatch(2);
    const answers = Promise.all([1, 2, 3, 4, 5].map((question) => batch.ask(question)));
    for (let trip = 0; trip < 3; trip += 1) {
      await aFewTurns();
      trips[trip]!.back(doubled(trips[trip]!.questions));
    }
    expect(trips.map((trip) => trip.questions)).toEqual([[1, 2], [3, 4], [5]]);
    expect(await answers).toEqual([2, 4, 6, 8, 10]);
  });

  it('fail with their own trip and no other', async () => {
    const { batch, trips } = aGatedBatch();
    const first = batch.ask(1);
    await aFewTurns();
    const second = batch.ask(2);
    trips[0]!.lost(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await aFewTurns();
    trips[1]!.back([4]);
    expect(await second).toBe(4);
  });
});
