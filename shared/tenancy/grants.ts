import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import { Refusal } from './refusal.ts';

/** A consumer or a key, as it is named to an operator. */
export type Named = {
  kind: 'consumer' | 'key';
  id: number;
  name: string;
};

export const called = ({ kind, id, name }: Named) => `${kind} '${name}' (${id})`;

type Grant = {
  id: number;
  name: string;
  models: string[] | null;
};

/** What the consumers from the root down to this one may use. */
export async function grantsDownTo(tx: Drizzle, consumerId: number | null): Promise<Grant[]> {
  return tx.execute<Grant>(sql`
    select a.id, a.name, to_jsonb(a.models) as models
      from consumers c join consumers a on a.id = any (c.path)
     where c.id = ${consumerId}
     order by a.depth`);
}

/** @throws Refusal when one of `above` may not use one of the models. */
export function assertWithin(models: readonly string[], above: readonly Grant[]): void {
  for (const grant of above) {
    const outside = models.filter((model) => grant.models && !grant.models.includes(model));
    if (outside.length === 0) continue;
    const owner = called({ kind: 'consumer', ...grant });
    throw new Refusal(
      'above_ancestor',
      `${capital(owner)} may not use ${outside.join(', ')}, so nothing below it may.`,
    );
  }
}

/** Which of the models the catalog does not have: allowed, since models come and go, but often a slip. */
export async function unknownModels(tx: Drizzle, models: readonly string[]): Promise<string[]> {
  const rows = await tx.execute<{ name: string }>(sql`
    select wanted.name
      from jsonb_array_elements_text(${JSON.stringify(models)}::jsonb) with ordinality as wanted (name, position)
     where not exists (select from models m where m.name = wanted.name)
     order by wanted.position`);
  return rows.map((row) => row.name);
}

/** Who below a consumer was granted a model that it may not use: its path binds it all the same. */
export async function grantedBeyond(
  tx: Drizzle,
  consumerId: number,
  models: readonly string[],
): Promise<Named[]> {
  const allowed = sql`array(select jsonb_array_elements_text(${JSON.stringify(models)}::jsonb))`;
  return tx.execute<Named>(sql`
    select 'consumer' as kind, id, name from consumers
     where ${consumerId} = any (path) and id <> ${consumerId} and status <> 'retired' and not models <@ ${allowed}
     union all
    select 'key', k.id, k.name from keys k join consumers c on c.id = k.consumer_id
     where ${consumerId} = any (c.path) and k.status <> 'revoked' and not k.models <@ ${allowed}
     order by kind, id`);
}

const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1);
