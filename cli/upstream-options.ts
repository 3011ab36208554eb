import { type Command, Option } from 'commander';
import type { HeadersEntry, UpstreamEntry } from '#shared/catalog/document.ts';
import type { EntryChange } from '#shared/catalog/edits.ts';
import { readTimeSpan } from '#shared/catalog/time-span.ts';
import { Refusal } from '#shared/tenancy/refusal.ts';
import {
  givenOrNull,
  type OrNone,
  orNone,
  readCount,
  readingAgain,
  type StatusOptions,
  statusIn,
} from './catalog-options.ts';
import { asIs } from './reading.ts';

type Pair = [name: string, value: string];

export interface UpstreamOptions extends StatusOptions {
  backend?: UpstreamEntry['backend'];
  address?: string;
  credential?: OrNone<string>;
  slots?: OrNone<number>;
  outputCapField?: UpstreamEntry['outputCapField'];
  setHeader?: Pair[];
  removeHeader?: string[];
  renameHeader?: Pair[];
  clearHeaders?: true;
  connectTimeout?: OrNone<number>;
  firstPieceTimeout?: OrNone<number>;
  idleTimeout?: OrNone<number>;
  totalTimeout?: OrNone<number>;
}

export const withUpstreamOptions = (made: Command): Command =>
  made
    .addOption(new Option('--backend <kind>', 'what it speaks').choices(['ollama', 'openai']))
    .option('--address <url>', 'http://… or https://…, or env:UPSTREAM_… where it differs between places')
    .option(
      '--credential <variable>',
      'the variable that holds it, as env:UPSTREAM_…, or signed:env:UPSTREAM_… for an ollama-proxy; or none',
      orNone(asIs),
    )
    .option('--slots <count>', 'calls that it answers at once; or none: not known', orNone(readCount))
    .addOption(
      new Option('--output-cap-field <name>', 'by which name it wants the output cap').choices([
        'max_tokens',
        'max_completion_tokens',
      ]),
    )
    .option('--set-header <name=value>', 'send this, too; again for more', readingAgain(readPair))
    .option('--remove-header <name>', 'do not send this; again for more', readingAgain(readHeaderName))
    .option('--rename-header <from=to>', 'send it by another name; again for more', readingAgain(readNames))
    .option('--clear-headers', 'forget all rules for headers that it had')
    .option('--connect-timeout <time>', 'as 500ms, 5s or 2m; or none: the router’s', orNone(readTimeSpan))
    .option('--first-piece-timeout <time>', 'until an answer begins', orNone(readTimeSpan))
    .option('--idle-timeout <time>', 'between two pieces of an answer', orNone(readTimeSpan))
    .option('--total-timeout <time>', 'for all of it', orNone(readTimeSpan))
    .option('--enable', 'let calls go there')
    .option('--disable', 'let no more calls go there');

/** What options change of an upstream that has these rules and time-outs. */
export function upstreamChange(
  options: UpstreamOptions,
  { headers, timeouts }: Pick<UpstreamEntry, 'headers' | 'timeouts'>,
): EntryChange<'upstreams'> {
  const { backend, address, credential, slots, outputCapField } = options;
  const own = givenOrNull({
    connectMs: options.connectTimeout,
    firstPieceMs: options.firstPieceTimeout,
    idleMs: options.idleTimeout,
    totalMs: options.totalTimeout,
  });
  const merged = Object.entries({ ...timeouts, ...own }).filter(([, ms]) => ms !== null);
  return {
    ...givenOrNull({ backend, address, credential, slots, outputCapField }),
    ...(Object.keys(own).length > 0 && { timeouts: Object.fromEntries(merged) }),
    ...headersIn(options, headers),
    ...statusIn(options),
  };
}

function headersIn(
  { setHeader, removeHeader, renameHeader, clearHeaders }: UpstreamOptions,
  before: HeadersEntry,
): { headers?: HeadersEntry } {
  if (!(setHeader || removeHeader || renameHeader || clearHeaders)) return {};
  const { rename, remove, set } = clearHeaders ? { rename: {}, remove: [], set: {} } : before;
  return {
    headers: {
      rename: { ...rename, ...Object.fromEntries(renameHeader ?? []) },
      remove: [...new Set([...remove, ...(removeHeader ?? [])])],
      set: { ...set, ...Object.fromEntries(setHeader ?? []) },
    },
  };
}

/** `name=value`; the value may have more of `=`. @throws Refusal */
function readPair(text: string): Pair {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [readHeaderName(name), value.trim()];
  throw new Refusal('invalid', `'${text}' is no rule: write name=value.`);
}

/** @throws Refusal */
function readNames(text: string): Pair {
  const [from, to] = readPair(text);
  return [from, readHeaderName(to)];
}

/** @throws Refusal for the one name that an object of JavaScript cannot have */
function readHeaderName(text: string): string {
  const name = text.trim().toLowerCase();
  if (name !== '__proto__') return name;
  throw new Refusal('invalid', `'${text}' is no name of a header.`);
}
