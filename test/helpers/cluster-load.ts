import { expect } from 'vitest';
import type { Caller } from './chaos-caller.ts';
import { eventually } from './chaos-eventually.ts';
import { producedBy } from './chaos-stage.ts';
import type { Cluster } from './cluster.ts';

/** Makes so many calls, never more at once than that, and waits for all of them. */
export async function inFlight(
  { total, atOnce }: { total: number; atOnce: number },
  make: (index: number) => Caller,
): Promise<Caller[]> {
  const callers: Caller[] = [];
  const worker = async () => {
    while (callers.length < total) {
      const caller = make(callers.length);
      callers.push(caller);
      await caller.ended;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return callers;
}

/** What each upstream was asked for while this ran. */
export async function askedDuring(cluster: Cluster, work: () => Promise<unknown>): Promise<number[]> {
  const before = cluster.asked();
  await work();
  return cluster.asked().map((count, index) => count - before[index]!);
}

/** How many tokens all upstreams together have made for each call, over all tries. */
export function produced({ fakes }: Pick<Cluster, 'fakes'>): Map<string, number> {
  const sum = new Map<string, number>();
  for (const [call, tokens] of fakes.flatMap((fake) => [...producedBy(fake)]))
    sum.set(call, (sum.get(call) ?? 0) + tokens);
  return sum;
}

/**
 * The caller has its whole answer, is charged for what it was given and for nothing that any other try made, and the
 * attempts that its receipt tells are those that its headers tell, where signs of life had not sent those before.
 */
export async function expectOneBill({ books }: Cluster, callers: Caller[]): Promise<void> {
  const receipts = await books.receipts();
  for (const { name, pieces, headers } of callers) {
    const { output, outcome, final, attempts } = receipts.get(name)!;
    expect({ name, output, outcome, final }).toEqual({
      name,
      output: pieces,
      outcome: 'settled',
      final: true,
    });
    const { 'x-gateway-attempts': told = attempts.length } = headers;
    expect([name, attempts.length]).toEqual([name, Number(told)]);
    expect(attempts.filter(({ failure }) => failure === undefined)).toHaveLength(1);
  }
  const [bills] = await books.sql<{ count: number }[]>`select count(*) from receipts where outcome <> 'void'`;
  expect(Number(bills!.count)).toBe(receipts.size);
  await books.expectSquare();
}

/** Callers that call again and again, so many at once, while a test does something to their upstreams. */
export async function underLoad(
  atOnce: number,
  make: (index: number) => Caller,
  during: (served: (more: number) => Promise<void>) => Promise<void>,
): Promise<Caller[]> {
  const callers: Caller[] = [];
  let ended = 0;
  let isOver = false;
  const worker = async () => {
    while (!isOver) {
      const caller = make(callers.length);
      callers.push(caller);
      await caller.ended;
      ended += 1;
    }
  };
  const workers = Array.from({ length: atOnce }, worker);
  /** Waits until so many more calls have ended. */
  const served = async (more: number) => {
    const from = ended;
    await eventually(() => ended - from).toBeGreaterThanOrEqual(more);
  };
  await during(served).finally(() => {
    isOver = true;
  });
  await Promise.all(workers);
  return callers;
}
