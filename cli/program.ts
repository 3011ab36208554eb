import { Command } from 'commander';
import { consumersCommand } from './commands/consumers.ts';
import { keysCommand } from './commands/keys.ts';
import { ledgerCommand } from './commands/ledger.ts';
import { limitsCommand } from './commands/limits.ts';
import { pricesCommand } from './commands/prices.ts';
import { usageCommand } from './commands/usage.ts';

const ABOUT = `
Environment:
  DATABASE_URL  the gateway's PostgreSQL; without it, that of the npm start which is running here
  KEY_PEPPER    that of the routers; needed where a token is made (npm start's own is known)

Exit codes:
  0  done
  1  refused or failed, with one line on standard error
  2  not understood

With --json, standard output is one JSON document and nothing else: what was asked for, or
{"error":{"code","message"}}. npm adds lines of its own unless it is told to be silent:
  npm run --silent sublet -- keys list --json`;

/** All that the command line can do. */
export const subletProgram = (): Command =>
  new Command('sublet')
    .usage('[options] <command>')
    .description(
      'What an operator of Sublet does: consumers, their keys, limits and prices, and what was used.',
    )
    .option('--json', 'print one JSON document instead of words')
    .option('--data <directory>', 'the data directory of npm start (.data)')
    .addCommand(consumersCommand())
    .addCommand(keysCommand())
    .addCommand(limitsCommand())
    .addCommand(pricesCommand())
    .addCommand(usageCommand())
    .addCommand(ledgerCommand())
    .addHelpText('after', ABOUT);
