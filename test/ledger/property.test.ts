import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { aLedgerDatabase, type LedgerDatabase } from '../helpers/ledger-database.ts';
import { admitBatch } from './commands/admit.ts';
import { loseHold, replaceLimit, setAmount, setPrice, setStatus, setTimeZone } from './commands/operator.ts';
import { settleBatch } from './commands/settle.ts';
import { moveClock, renewBatch, sweepSome } from './commands/time.ts';
import { enter } from './enter.ts';
import type { World } from './model/world.ts';
import type { Scene } from './scene.ts';
import { worlds } from './worlds.ts';

/** `LEDGER_RUNS=2000 npx vitest run test/ledger` looks longer; `LEDGER_SEED` and `LEDGER_PATH` repeat a failure. */
const { LEDGER_RUNS = '60', LEDGER_SECONDS = '45', LEDGER_SEED, LEDGER_PATH } = process.env;

let newest: LedgerDatabase;
let inTurn: LedgerDatabase;

beforeAll(async () => {
  newest = await aLedgerDatabase();
  inTurn = await aLedgerDatabase({ versions: [1, 2, 2] });
});

const steps = fc.commands(
  [
    ...[admitBatch, admitBatch, admitBatch, admitBatch, settleBatch, settleBatch, settleBatch, renewBatch],
    ...[renewBatch, moveClock, moveClock, sweepSome, loseHold],
    ...[setAmount, setStatus, setPrice, replaceLimit, setTimeZone],
  ],
  { maxCommands: 60, size: 'max' },
);

describe('the ledger', () => {
  it.each([
    ['the newest functions', () => newest, 1],
    ['those of two versions in turn', () => inTurn, 3],
  ])(
    'of %s says and counts what the model does, whatever happens in whatever order',
    async (_, which, share) => {
      const ledger = which();
      await fc.assert(
        fc.asyncProperty(worlds, steps, async (drawn, commands) => {
          const world = structuredClone(drawn);
          const trace: string[] = [];
          const scene = sceneOf(ledger, world, trace);
          await enter(ledger, world);
          try {
            await fc.asyncModelRun(() => ({ model: scene, real: ledger }), commands);
          } catch (error) {
            throw new Error(`${(error as Error).message}\n\n${described(world)}\n${trace.join('\n')}`, {
              cause: error,
            });
          }
        }),
        {
          numRuns: Math.ceil(Number(LEDGER_RUNS) / share),
          interruptAfterTimeLimit: (Number(LEDGER_SECONDS) * 1000) / share,
          ...(LEDGER_SEED && { seed: Number(LEDGER_SEED) }),
          ...(LEDGER_PATH && { path: LEDGER_PATH }),
        },
      );
    },
    3_600_000,
  );
});

const sceneOf = (ledger: LedgerDatabase, world: World, trace: string[]): Scene => ({
  ...{ ledger, world, ids: [], calls: new Map(), echoes: new Map() },
  log: (what, facts) => trace.push(`${what} ${JSON.stringify(facts, telling)}`),
});

/** What says nothing is left out of the words of a failure. */
const telling = (name: string, value: unknown) =>
  value === null || value === 0 || name === 'echo' || name === 'router' ? undefined : value;

const described = ({ consumers, keys, models, limits }: World) =>
  [
    ...[...consumers.values()].map((facts) => `consumer ${JSON.stringify(facts)}`),
    ...[...keys.values()].map((facts) => `key ${JSON.stringify(facts)}`),
    ...[...models.values()].map((facts) => `model ${JSON.stringify(facts)}`),
    ...[...limits.values()].map((facts) => `limit ${JSON.stringify(facts)}`),
  ].join('\n');
