import type { Command } from 'commander';
import { revokeKey, setKeyStatus } from '#shared/tenancy/change-key.ts';
import { findConsumer } from '#shared/tenancy/consumer.ts';
import { readDuration } from '#shared/tenancy/expiry.ts';
import { findKey, listKeys } from '#shared/tenancy/key.ts';
import { listLimits } from '#shared/tenancy/limit.ts';
import { rotateKey } from '#shared/tenancy/rotate-key.ts';
import { act } from '../act.ts';
import { command, group } from '../group.ts';
import { keyCard, keyTable, SHOWN_ONCE } from '../key-text.ts';
import { limitTable } from '../limit-table.ts';
import { reading } from '../reading.ts';
import { createKeyCommand } from './keys-create.ts';
import { setKeyCommand } from './keys-set.ts';

export const keysCommand = (): Command =>
  group('keys', 'What consumers show. A token is shown once, when it is made, and kept nowhere.', [
    createKeyCommand(),
    list(),
    show(),
    setKeyCommand(),
    rotate(),
    status('disable', 'disabled', 'Stop a key until it is enabled.'),
    status('enable', 'active', 'Let a disabled key call again.'),
    revoke(),
  ]);

const KEY = ['<key>', 'its id, or the first part of its token: sk-…'] as const;

const list = () =>
  command('list', 'All keys but those that were revoked.', 'keys list --consumer acme')
    .option('--consumer <consumer>', 'those of this one alone: an id, or a name')
    .option('--all', 'those that were revoked, too')
    .action(
      act<{ consumer?: string; all?: true }>(async ({ db, options: { consumer, all = false } }) => {
        const filter = consumer === undefined ? {} : { consumerId: (await findConsumer(db, consumer)).id };
        const keys = await listKeys(db, { ...filter, all });
        return { json: { keys }, text: keyTable(keys) };
      }),
    );

const show = () =>
  command('show', 'One key, with its limits.', 'keys show 3')
    .argument(...KEY)
    .action(
      act<object, [string]>(async ({ db, words: [which] }) => {
        const key = await findKey(db, which);
        const limits = await listLimits(db, { owner: { kind: 'key', id: key.id } });
        return { json: { key, limits }, text: `${keyCard(key)}${limitTable(limits)}` };
      }),
    );

const DAY_MS = 86_400_000;

const rotate = () =>
  command(
    'rotate',
    'Give a key another token. It stays the same key, with its rights, its limits and what they have counted.',
    'keys rotate 3 --grace 24h',
  )
    .argument(...KEY)
    .option(
      '--grace <time>',
      'how long its tokens of before still work (24h); 0 when one has leaked',
      reading(readDuration),
    )
    .action(
      act<{ grace?: number }, [string]>(
        async ({ db, pepper, words: [which], options: { grace = DAY_MS } }) => {
          const rotated = await rotateKey(db, pepper(), (await findKey(db, which)).id, grace);
          return { json: rotated, text: `${keyCard(rotated.key)}\n${rotated.token}\n`, notes: [SHOWN_ONCE] };
        },
      ),
    );

const status = (name: string, to: 'active' | 'disabled', description: string) =>
  command(name, description, `keys ${name} 3`)
    .argument(...KEY)
    .action(
      act<object, [string]>(async ({ db, words: [which] }) => {
        const key = await setKeyStatus(db, (await findKey(db, which)).id, to);
        return { json: { key }, text: keyCard(key) };
      }),
    );

const revoke = () =>
  command('revoke', 'End a key for good, at the next call.', 'keys revoke 3')
    .argument(...KEY)
    .action(
      act<object, [string]>(async ({ db, words: [which] }) => {
        const key = await revokeKey(db, (await findKey(db, which)).id);
        return { json: { key }, text: keyCard(key) };
      }),
    );
