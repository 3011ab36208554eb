import { Command } from 'commander';
import { catalogCommand } from './commands/catalog.ts';
import { consumersCommand } from './commands/consumers.ts';
import { keysCommand } from './commands/keys.ts';
import { ledgerCommand } from './commands/ledger.ts';
import { limitsCommand } from './commands/limits.ts';
import { lobechatCommand } from './commands/lobechat.ts';
import { modelsCommand } from './commands/models.ts';
import { pricesCommand } from './commands/prices.ts';
import { routeCommand } from './commands/route.ts';
import { routesCommand } from './commands/routes.ts';
import { upstreamsCommand } from './commands/upstreams.ts';
import { usageCommand } from './commands/usage.ts';

const ABOUT = `
Environment:
  DATABASE_URL  the gateway's PostgreSQL; without it, that of the npm start which is running here
  KEY_PEPPER    that of the routers; needed where a token is made (npm start's own is known)
  MODEL_PULL_URL, INTERNAL_SECRET
                where model-pull is, and its secret; for what concerns the store of models (npm start's own are known)

Exit codes:
  0  done
  1  refused or failed, with one line on standard error
  2  not understood

With --json, standard output is one JSON document and nothing else: what was asked for, or
{"error":{"code","message"}}. What takes a while (models pull, watch, retry, mirror) prints one line at each
change; the last is how it ended. npm adds lines of its own unless it is told to be silent:
  npm run --silent sublet -- keys list --json`;

/** All that the command line can do. */
export const subletProgram = (): Command =>
  new Command('sublet')
    .usage('[options] <command>')
    .description(
      'What an operator of Sublet does: consumers, their keys and limits, the catalog, prices, and what was used.',
    )
    .option('--json', 'print one JSON document instead of words')
    .option('--data <directory>', 'the data directory of npm start (.data)')
    .addCommand(consumersCommand())
    .addCommand(keysCommand())
    .addCommand(limitsCommand())
    .addCommand(upstreamsCommand())
    .addCommand(modelsCommand())
    .addCommand(routesCommand())
    .addCommand(routeCommand())
    .addCommand(catalogCommand())
    .addCommand(pricesCommand())
    .addCommand(usageCommand())
    .addCommand(ledgerCommand())
    .addCommand(lobechatCommand())
    .addHelpText('after', ABOUT);
