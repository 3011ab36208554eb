import type { KeyRight } from '#shared/keys/find-key.ts';
import { changeKey, KeyChange } from '#shared/tenancy/change-key.ts';
import { type Expiry, readExpiry } from '#shared/tenancy/expiry.ts';
import { findKey } from '#shared/tenancy/key.ts';
import { readNetwork } from '#shared/tenancy/networks.ts';
import { act } from '../act.ts';
import { UsageError } from '../failure.ts';
import { command } from '../group.ts';
import { keyCard } from '../key-text.ts';
import { asIs, checked, givenOnly, reading, readingEach } from '../reading.ts';
import { withRightOption } from '../right-option.ts';
import { nothingInCatalog } from '../words.ts';

interface Options {
  name?: string;
  models?: string[];
  allModels?: true;
  expires?: Expiry | 'never';
  cidr?: string[];
  anyAddress?: true;
  right?: KeyRight[];
}

export const setKeyCommand = () =>
  withRightOption(
    command(
      'set',
      'Change what a key may do, and for how long.',
      'keys set 3 --expires 90d --models qwen3:8b',
    ),
  )
    .argument('<key>', 'its id, or the first part of its token: sk-…')
    .option('--name <name>')
    .option('--models <names>', 'the models it may use, with commas', readingEach(asIs))
    .option('--all-models', 'let it use all that its consumer may')
    .option(
      '--expires <when>',
      '30d, 2027-01-31 (to the end of that day), an instant, or never',
      reading(readExpiryOrNever),
    )
    .option(
      '--cidr <networks>',
      'from where alone it may be used; with commas, or again',
      readingEach(readNetwork),
    )
    .option('--any-address', 'let it be used from anywhere')
    .action(
      act<Options, [string]>(async ({ db, words: [which], options }) => {
        const change = checked(KeyChange, changeIn(options));
        if (Object.keys(change).length === 0) throw new UsageError('Say what shall change: see --help.');
        const changed = await changeKey(db, (await findKey(db, which)).id, change);
        return { json: changed, text: keyCard(changed.key), notes: nothingInCatalog(changed.unknownModels) };
      }),
    );

function changeIn({ name, models, allModels, expires, cidr, anyAddress, right: rights }: Options) {
  if (models && allModels) throw new UsageError('Give --models or --all-models, not both.');
  if (cidr && anyAddress) throw new UsageError('Give --cidr or --any-address, not both.');
  const expiry = expires === 'never' ? null : expires;
  const cidrs = anyAddress ? null : cidr;
  return givenOnly({ name, models: allModels ? null : models, expiry, cidrs, rights });
}

function readExpiryOrNever(text: string): Expiry | 'never' {
  return text === 'never' ? text : readExpiry(text);
}
