import { Refusal } from '../refusal.ts';
import type { ServerConnections } from './server.ts';
import { sumOf, type Use } from './uses.ts';

/** The functions may have four fifths; the rest is for migrations, operators, and connections that end late. */
export const shareOf = ({ most, reserved }: ServerConnections): number =>
  Math.min(Math.floor((most * 4) / 5), most - reserved);

/** `max_connections` for so many of the functions. */
const leastFor = (sum: number) => Math.ceil((sum * 5) / 4);

/** @throws Refusal where the functions together could open more connections than they may have */
export function holdRoom(uses: readonly Use[], mayHave: number): string {
  const sum = sumOf(uses);
  if (sum <= mayHave) return `The functions may have ${mayHave} of its connections, and open at most ${sum}.`;
  throw new Refusal(
    `the functions could open ${sum} connections (${listed(uses)}) and may have ${mayHave}. Lower ROUTER_INSTANCES, ` +
      `or let the database have max_connections of ${leastFor(sum)} or more; where a pooler stands before it, ` +
      '--connections says how many the pooler takes.',
  );
}

/** What the database must have, where nobody has asked it. */
export function tellRoom(uses: readonly Use[]): string {
  const sum = sumOf(uses);
  return (
    `The functions open at most ${sum} connections (${listed(uses)}): the database must have max_connections of ` +
    `${leastFor(sum)} or more.`
  );
}

/** Who opens the most comes first. */
const listed = (uses: readonly Use[]) =>
  uses
    .toSorted((one, other) => sumOf([other]) - sumOf([one]))
    .map(({ name, instances, each }) => `${name} ${instances} × ${each}`)
    .join(', ');
