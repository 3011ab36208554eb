import { afterEach, describe, expect, it, vi } from 'vitest';
import { Database } from '#shared/db/database.ts';
import { GatewayError } from '#shared/errors.ts';
import { LedgerFunction } from './ledger-function.ts';
import { FLUSH } from './wire.ts';

interface Entry {
  name: string;
  root: number;
}

type Plan = (entries: Entry[], nth: number) => void;

/** A server whose function `echo_v1` answers each entry with its name, unless the plan throws. */
class FakeDatabase extends Database {
  readonly batches: string[] = [];
  stuckClientsEnded = 0;
  readonly #plan: Plan;

  constructor(plan: Plan) {
    const never = { connectTimeoutMs: 1, queryTimeoutMs: 1, staleAfterMs: 1 };
    super({ url: 'postgres://nobody@127.0.0.1:1/none', maxConnections: 1, ...never });
    this.#plan = plan;
  }

  override async simple<Row>(statement: string): Promise<Row[]> {
    if (statement.includes('end_stuck_clients')) {
      this.stuckClientsEnded += 1;
      return [];
    }
    if (statement === FLUSH) return [];
    const entries = JSON.parse(/_v1\('(.*)'/s.exec(statement)![1]!) as Entry[];
    this.batches.push(entries.map(({ name }) => name).join(''));
    await Promise.resolve();
    this.#plan(entries, this.batches.length);
    return [{ result: entries.map(({ name }) => name) }] as Row[];
  }
}

const failing = (code: string) => Object.assign(new Error('of the driver'), { code });
const LOCKED = '55P03';
const OUT_OF_RANGE = '22003';
const DEADLOCK = '40P01';

function aFunction(plan: Plan = () => {}, patienceMs = 10_000) {
  const database = new FakeDatabase(plan);
  const echo = new LedgerFunction<string>(database, 'echo_v1', patienceMs);
  /** Asks for `a1 b2`: a of tenant 1, b of tenant 2. What failed is told by its code. */
  const ask = (entries: string) =>
    Promise.all(
      entries.split(' ').map(async ([name = '', root]) => {
        const entry = { name, root: Number(root) };
        return echo.ask(entry, entry.root).catch((error: unknown) => {
          expect(error).toBeInstanceOf(GatewayError);
          return (error as GatewayError).failure;
        });
      }),
    );
  return { database, ask };
}

const NOT_READY = 'gateway_not_ready';

afterEach(() => vi.restoreAllMocks());

describe('a function of the ledger', () => {
  it('takes all that come at once together, and all that come meanwhile in the next batch', async () => {
    let meanwhile: Promise<string[]> | undefined;
    const { database, ask } = aFunction((_entries, nth) => {
      if (nth === 1) meanwhile = ask('c1 d3');
    });
    expect(await ask('a1 b2')).toEqual(['a', 'b']);
    expect(await meanwhile).toEqual(['c', 'd']);
    expect(database.batches).toEqual(['ab', 'cd']);
  });

  it('sends at most 128 calls in a batch', async () => {
    const { database, ask } = aFunction();
    await ask(Array.from({ length: 300 }, () => 'x1').join(' '));
    expect(database.batches.map(({ length }) => length)).toEqual([128, 128, 44]);
  });

  it.each([
    ['a deadlock', failing(DEADLOCK)],
    ['a connection that was lost', failing('CONNECTION_CLOSED')],
    ['a database that is away', new GatewayError('gateway_not_ready', 'away')],
  ])('asks again with the same calls after %s', async (_, error) => {
    const { database, ask } = aFunction((_entries, nth) => {
      if (nth <= 2) throw error;
    });
    expect(await ask('a1 b1 c2')).toEqual(['a', 'b', 'c']);
    expect(database.batches).toEqual(['abc', 'abc', 'abc']);
  });

  it('gives up with its patience, and says that one may come again', async () => {
    const { database, ask } = aFunction(() => {
      throw failing('ECONNREFUSED');
    }, 0);
    expect(await ask('a1')).toEqual([NOT_READY]);
    expect(database.batches).toEqual(['a']);
  });

  it('waits longer before each further try, and never more than half a second', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const timers = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((go: () => void) => {
      queueMicrotask(go);
      return 0;
    }) as unknown as typeof setTimeout);
    const { ask } = aFunction((_entries, nth) => {
      if (nth <= 6) throw failing(DEADLOCK);
    });
    expect(await ask('a1')).toEqual(['a']);
    expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([30, 90, 270, 500, 500, 500]);
  });
});

describe('one call that the database cannot read', () => {
  it('fails alone: no other pays for it', async () => {
    const { database, ask } = aFunction((entries) => {
      if (entries.some(({ name }) => name === 'x')) throw failing(OUT_OF_RANGE);
    });
    expect(await ask('a1 b1 c2 x2 d3')).toEqual(['a', 'b', 'c', NOT_READY, 'd']);
    expect(database.batches).toEqual(['abcxd', 'abc', 'xd', 'x', 'd']);
  });

  it('fails alone among a whole batch, within a few round trips', async () => {
    const { database, ask } = aFunction((entries) => {
      if (entries.some(({ name }) => name === 'x')) throw failing(OUT_OF_RANGE);
    });
    const answers = await ask(`a1 ${'b1 '.repeat(100)}x1 ${'c1 '.repeat(26)}d1`);
    expect(answers.filter((answer) => answer === NOT_READY)).toHaveLength(1);
    expect(database.batches.length).toBeLessThanOrEqual(2 + 2 * 7);
  });
});

describe('a tenant whose rows somebody keeps', () => {
  it('fails alone after one more try, and whoever is stuck in a transaction is ended', async () => {
    const { database, ask } = aFunction((entries) => {
      if (entries.some(({ root }) => root === 2)) throw failing(LOCKED);
    });
    expect(await ask('a1 b2 c1 d2 e3')).toEqual(['a', NOT_READY, 'c', NOT_READY, 'e']);
    expect(database.batches).toEqual(['abcde', 'ac', 'bd', 'e']);
    expect(database.stuckClientsEnded).toBe(1);
  });

  it('is served at once when they are free again', async () => {
    const { database, ask } = aFunction((_entries, nth) => {
      if (nth === 1) throw failing(LOCKED);
    });
    expect(await ask('b2')).toEqual(['b']);
    expect(database.batches).toEqual(['b', 'b']);
    expect(database.stuckClientsEnded).toBe(0);
  });
});
