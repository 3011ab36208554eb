import type { KeyRight } from '#shared/keys/find-key.ts';
import { findConsumer } from '#shared/tenancy/consumer.ts';
import { createKeyFor, NewKey } from '#shared/tenancy/create-key.ts';
import { type Expiry, readExpiry } from '#shared/tenancy/expiry.ts';
import { type LimitWish, readLimit } from '#shared/tenancy/limit-wish.ts';
import { readNetwork } from '#shared/tenancy/networks.ts';
import { act } from '../act.ts';
import { command } from '../group.ts';
import { keyCard, SHOWN_ONCE } from '../key-text.ts';
import { limitTable } from '../limit-table.ts';
import { asIs, checked, givenOnly, reading, readingEach } from '../reading.ts';
import { withRightOption } from '../right-option.ts';
import { nothingInCatalog } from '../words.ts';

interface Options {
  consumer: string;
  name: string;
  models?: string[];
  expires?: Expiry;
  cidr?: string[];
  limit?: LimitWish[];
  right?: KeyRight[];
}

export const createKeyCommand = () =>
  withRightOption(
    command(
      'create',
      'Make a key and print its token, this once.',
      'keys create --consumer acme --name laptop --expires 30d',
    ),
  )
    .requiredOption('--consumer <consumer>', 'whose it is: an id, or a name')
    .requiredOption('--name <name>', 'by which people know it again')
    .option(
      '--models <names>',
      'the models it may use, with commas (all that its consumer may)',
      readingEach(asIs),
    )
    .option(
      '--expires <when>',
      '30d, 2027-01-31 (to the end of that day) or an instant (never)',
      reading(readExpiry),
    )
    .option(
      '--cidr <networks>',
      'from where alone it may be used; with commas, or again (anywhere)',
      readingEach(readNetwork),
    )
    .option(
      '--limit <limits>',
      'as requests/minute=60 or parallel=4; with commas, or again',
      readingEach(readLimit),
    )
    .action(
      act<Options>(async ({ db, pepper, options }) => {
        const { name, models, expires: expiry, cidr: cidrs, limit: limits, right: rights } = options;
        const { id: consumerId } = await findConsumer(db, options.consumer);
        const given = givenOnly({ models, expiry, cidrs, limits, rights });
        const wish = checked(NewKey, { consumerId, name, ...given });
        const made = await createKeyFor(db, pepper(), wish);
        return {
          json: made,
          text: `${keyCard(made.key)}${limitTable(made.limits)}\n${made.token}\n`,
          notes: [SHOWN_ONCE, ...nothingInCatalog(made.unknownModels)],
        };
      }),
    );
