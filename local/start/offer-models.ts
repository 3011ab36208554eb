import { and, eq, not, notInArray, type SQL, sql } from 'drizzle-orm';
import type { Drizzle } from '#shared/db/database.ts';
import { prices } from '#shared/db/ledger-schema.ts';
import { models, routes, upstreams } from '#shared/db/schema.ts';
import type { OllamaModel } from './find-ollamas.ts';

export type Transaction = Parameters<Parameters<Drizzle['transaction']>[0]>[0];

/** The Ollamas that were entered here, by the names that they were given. */
export const isOurOllama = (row: SQL): SQL =>
  sql`(${row}.backend = 'ollama' and (${row}.name like 'ollama %' or ${row}.name = 'ollama-proxy'))`;

export function describe({ name, capabilities, contextTokens }: OllamaModel) {
  const known = (['tools', 'vision', 'thinking'] as const).filter((each) => capabilities.includes(each));
  const kind = capabilities.includes('embedding') ? ('embedding' as const) : ('chat' as const);
  return { name, kind, capabilities: known, ...(contextTokens !== undefined && { contextTokens }) };
}

export async function upstream(tx: Transaction, values: typeof upstreams.$inferInsert): Promise<number> {
  await tx.insert(upstreams).values(values).onConflictDoNothing({ target: upstreams.name });
  const [row] = await tx.select({ id: upstreams.id }).from(upstreams).where(eq(upstreams.name, values.name));
  return row!.id;
}

export async function offer(
  tx: Transaction,
  upstreamId: number,
  model: typeof models.$inferInsert,
): Promise<void> {
  const { name } = model;
  const others = await tx.execute(sql`
    select from ${routes} r join ${upstreams} u on u.id = r.upstream_id
     where r.model = ${name}
       and not (r.upstream_model = r.model
                and (u.name = 'custom-agent' or ${isOurOllama(sql`u`)}))`);
  if (others.length > 0) return;
  // One that was taken off the list since it was served nowhere is back.
  const status = sql`case when ${servedNowhere(name)} then 'active' else ${models.status} end`;
  // What is there may be what an operator has said since: only what nobody has said is filled in.
  const set = {
    contextTokens: sql`coalesce(${models.contextTokens}, excluded.context_tokens)`,
    description: sql`coalesce(${models.description}, excluded.description)`,
    status,
  };
  await tx.insert(models).values(model).onConflictDoUpdate({ target: models.name, set });
  await tx.insert(routes).values({ model: name, upstreamId, upstreamModel: name }).onConflictDoNothing();
}

const servedNowhere = (model: string) =>
  sql`not exists (select from ${routes} where ${routes.model} = ${model})`;

/**
 * Models that this Ollama had at an earlier start and has no more; one that is served nowhere is taken off the list. What
 * has prices stays in the books.
 */
export async function withdrawOthers(tx: Transaction, upstreamId: number, names: string[]): Promise<void> {
  const gone = await tx
    .delete(routes)
    .where(
      and(
        eq(routes.upstreamId, upstreamId),
        eq(routes.model, routes.upstreamModel),
        notInArray(routes.upstreamModel, names),
      ),
    )
    .returning({ model: routes.model });
  for (const { model } of gone) {
    const isOver = and(eq(models.name, model), servedNowhere(model));
    const hasPrices = sql`exists (select from ${prices} where ${prices.model} = ${model})`;
    await tx.delete(models).where(and(isOver, not(hasPrices)));
    await tx.update(models).set({ status: 'disabled' }).where(isOver);
  }
}
