import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { JsonText } from '#shared/config.ts';
import { ServerConnections } from '../connections/server.ts';

/** What the function `migration` answers, on one line. */
const Verdict = z.discriminatedUnion('migrated', [
  z.object({ migrated: z.literal(true), newest: z.string(), connections: ServerConnections }),
  z.object({ migrated: z.literal(false), reason: z.string() }),
]);
export type Verdict = z.infer<typeof Verdict>;

/** Finds it in what `s invoke` prints, which ends with 0 whatever the function answers. */
export function verdictIn(printed: string): Verdict | undefined {
  const [line = ''] = printed.match(/\{"migrated":.*\}/) ?? [];
  const { data } = JsonText.pipe(Verdict).safeParse(line);
  return data;
}

const Journal = z.object({ entries: z.array(z.object({ tag: z.string() })).min(1) });

/** The name of the last migration in a folder, as drizzle-kit wrote it. */
export async function newestIn(folder: string): Promise<string> {
  const journal = JSON.parse(await readFile(join(folder, 'meta', '_journal.json'), 'utf8'));
  return Journal.parse(journal).entries.at(-1)!.tag;
}
