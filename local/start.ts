import { setTimeout as delay } from 'node:timers/promises';
import { assertNode22 } from './assert-node.ts';
import { readArguments, type StartArguments, USAGE } from './start/arguments.ts';
import { endRequested } from './start/end-requested.ts';
import { reasonOf } from './start/reason-of.ts';
import { Running } from './start/running.ts';
import { startAll } from './start/start-all.ts';

/** The whole bundle on one machine, until it is told to end, also while it is starting; gives what went wrong. */
async function start(options: StartArguments): Promise<unknown[]> {
  const running = new Running();
  const ended = endRequested().then(() => process.stderr.write('\nEnding …\n'));
  const started = startAll(options, running);
  const failures: unknown[] = [];
  try {
    await Promise.race([ended, running.broken, started.then(() => ended)]);
  } catch (error) {
    // Ctrl-C ends the processes that a start has at work, too, and we may hear of that before our own signal.
    const isAsked = await Promise.race([ended.then(() => true), delay(SIGNAL_DELAY_MS, false)]);
    if (!isAsked) failures.push(error);
  }
  return failures.concat(await running.end());
}

const SIGNAL_DELAY_MS = 100;

async function main(): Promise<unknown[]> {
  assertNode22();
  const options = readArguments(process.argv.slice(2));
  if (options !== 'help') return start(options);
  process.stdout.write(USAGE);
  return [];
}

const failures = await main().catch((error: unknown) => [error]);
for (const failure of failures) process.stderr.write(`Sublet has failed: ${reasonOf(failure)}\n`);
// Not left to an empty event loop: what was being started may wait for an answer that never comes.
process.exit(failures.length > 0 ? 1 : 0);
