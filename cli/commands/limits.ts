import type { Command } from 'commander';
import type { Drizzle } from '#shared/db/database.ts';
import { findConsumer } from '#shared/tenancy/consumer.ts';
import { called } from '#shared/tenancy/grants.ts';
import { findKey } from '#shared/tenancy/key.ts';
import { listLimits, type Owner } from '#shared/tenancy/limit.ts';
import { type LimitWish, readLimit, readLimitKind, showAmount } from '#shared/tenancy/limit-wish.ts';
import { LimitKinds, retireLimits } from '#shared/tenancy/retire-limits.ts';
import { LimitsWish, setLimits } from '#shared/tenancy/set-limits.ts';
import { act } from '../act.ts';
import { UsageError } from '../failure.ts';
import { command, group } from '../group.ts';
import { limitTable } from '../limit-table.ts';
import { checked, givenOnly, readingEach } from '../reading.ts';

const KINDS = `
A limit is written metric/window=amount. Metrics: requests, tokens, cost; windows: minute (a rate), hour, day, month,
total. parallel=4 is how many calls may be under way at once. Cost is in micro-yuan, or as 12.5yuan.`;

export const limitsCommand = (): Command =>
  group('limits', 'How much of what in which time, for a consumer (and all below it) or for one key.', [
    set(),
    list(),
    retire(),
  ]);

interface OwnerOptions {
  consumer?: string;
  key?: string;
}

const withOwner = (made: Command) =>
  made
    .option('--consumer <consumer>', 'whose limits: an id, or a name')
    .option('--key <key>', 'or a key’s: its id, or the first part of its token');

const set = () =>
  withOwner(
    command(
      'set',
      'Make limits, or change their amounts: what was used stays used. All of them, or none.',
      'limits set --consumer acme tokens/month=1000000 cost/month=100yuan parallel=4',
    ),
  )
    .argument('<limits...>', 'as tokens/month=1000000', readingEach(readLimit))
    .option(
      '--strict',
      'never pass it, not even by a prompt longer than its estimate (so for month and total)',
    )
    .option('--no-strict', 'hold estimates; what a prompt is longer is charged and shown')
    .addHelpText('after', KINDS)
    .action(
      act<OwnerOptions & { strict?: boolean }, [LimitWish[]]>(async ({ db, words: [limits], options }) => {
        const owner = await ownerIn(db, options);
        if (!owner) throw new UsageError('Name whose limits: --consumer or --key.');
        const wish = checked(LimitsWish, { limits, ...givenOnly({ strict: options.strict }) });
        const done = await setLimits(db, owner, wish);
        const bound = done.bound.map((each) => `${called(each)} with ${showAmount(each)}`).join(', ');
        const notes = bound === '' ? [] : [`Allowed more, and bound by it from now on: ${bound}.`];
        return { json: done, text: limitTable(done.limits).trimStart(), notes };
      }),
    );

const list = () =>
  withOwner(
    command('list', 'Limits, with what is used, held and left of them.', 'limits list --key 3 --path'),
  )
    .option('--path', 'those of all consumers above it, too: a call must fit them all')
    .action(
      act<OwnerOptions & { path?: true }>(async ({ db, options }) => {
        const owner = await ownerIn(db, options);
        const limits = await listLimits(db, { ...(owner && { owner }), withPath: options.path === true });
        return { json: { limits }, text: limitTable(limits).trimStart() };
      }),
    );

const retire = () =>
  withOwner(command('retire', 'Take limits away.', 'limits retire --consumer acme tokens/day parallel'))
    .argument('<limits...>', 'as tokens/month, without an amount', readingEach(readLimitKind))
    .action(
      act<OwnerOptions, [LimitKinds]>(async ({ db, words: [kinds], options }) => {
        const owner = await ownerIn(db, options);
        if (!owner) throw new UsageError('Name whose limits: --consumer or --key.');
        const retired = await retireLimits(db, owner, checked(LimitKinds, kinds));
        return { json: { retired }, text: limitTable(retired).trimStart(), notes: ['Taken away.'] };
      }),
    );

async function ownerIn(db: Drizzle, { consumer, key }: OwnerOptions): Promise<Owner | undefined> {
  if (consumer !== undefined && key !== undefined)
    throw new UsageError('Name --consumer or --key, not both.');
  if (consumer !== undefined) return { kind: 'consumer', id: (await findConsumer(db, consumer)).id };
  if (key !== undefined) return { kind: 'key', id: (await findKey(db, key)).id };
  return undefined;
}
