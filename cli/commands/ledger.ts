import type { Command } from 'commander';
import { findDrift } from '#shared/upkeep/drift.ts';
import { sweep } from '#shared/upkeep/sweep.ts';
import { act } from '../act.ts';
import { command, group } from '../group.ts';
import { table } from '../table.ts';

export const ledgerCommand = (): Command =>
  group('ledger', 'Whether the books are right, and what is left over in them.', [check(), sweepCommand()]);

const check = () =>
  command(
    'check',
    'Compare all counters with the receipts and holds behind them; 1 where they differ.',
    'ledger check',
  ).action(
    act(async ({ db }) => {
      const drift = await findDrift(db);
      const rows = drift.map(({ kind, subject, expected, found }) => [kind, subject, expected, found]);
      const text =
        drift.length === 0 ? 'The ledger is right.\n' : table(['KIND', 'SUBJECT', 'EXPECTED', 'FOUND'], rows);
      return { json: { drift }, text, failed: drift.length > 0 };
    }),
  );

const MOST = 100_000;

const sweepCommand = () =>
  command(
    'sweep',
    'Close the holds that nobody came back for. Gateways do it, too; it is never needed.',
    'ledger sweep',
  ).action(
    act(async ({ db }) => {
      const swept = await sweep(db, { most: MOST });
      const rest = swept.more ? ' There may be more: sweep again.' : '';
      return { json: swept, text: `${swept.expired} holds have expired.${rest}\n` };
    }),
  );
