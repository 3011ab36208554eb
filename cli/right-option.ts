import type { Command } from 'commander';
import type { KeyRight } from '#shared/keys/find-key.ts';
import { Refusal } from '#shared/tenancy/refusal.ts';
import { reading } from './reading.ts';

/** What a key may do besides calling models; `none` is the empty list. */
export const withRightOption = (made: Command): Command =>
  made.option(
    '--right <right>',
    'what it may do besides calling models: pull (bring models onto the store); or none',
    reading(readRights),
  );

/** @throws Refusal */
function readRights(text: string): KeyRight[] {
  if (text === 'none') return [];
  if (text === 'pull') return [text];
  throw new Refusal('invalid', `'${text}' is no right: there is pull, or none.`);
}
