import type { Key } from '#shared/tenancy/key.ts';
import { card, table } from './table.ts';
import { localTime, modelList, named } from './words.ts';

export const SHOWN_ONCE = 'This is the only time that the token is shown.';

export const keyTable = (keys: readonly Key[]): string =>
  keys.length === 0
    ? 'There are no keys.\n'
    : table(
        ['ID', 'KEY', 'NAME', 'CONSUMER', 'STATUS', 'EXPIRES', 'RIGHTS', 'MODELS'],
        keys.map((key) => [
          String(key.id),
          key.prefix,
          key.name,
          named(key.consumer),
          statusOf(key),
          localTime(key.expiresAt, key.timeZone, 'never'),
          key.rights.join(', '),
          modelList(key.models, ''),
        ]),
      );

export const keyCard = (key: Key): string =>
  card([
    ['id', String(key.id)],
    ['key', key.prefix],
    ['name', key.name],
    ['consumer', named(key.consumer)],
    ['status', statusOf(key)],
    [
      'expires',
      key.expiresAt === null ? 'never' : `${localTime(key.expiresAt, key.timeZone)} ${key.timeZone}`,
    ],
    ['models', modelList(key.models, 'all that its consumer may use')],
    ['networks', key.cidrs?.join(', ') ?? 'any'],
    ['rights', key.rights.length === 0 ? 'to call models' : `to call models, ${key.rights.join(', ')}`],
    ...key.formerTokens.map(({ prefix, validUntil }): [string, string] => [
      'also',
      `${prefix} until ${localTime(validUntil, key.timeZone)} ${key.timeZone}`,
    ]),
  ]);

function statusOf({ status, usable, expiresAt }: Key): string {
  if (status !== 'active' || usable) return status;
  const isOver = expiresAt !== null && new Date(expiresAt) <= new Date();
  return isOver ? 'expired' : 'active, but its consumer is not';
}
