import { and, eq, like, not, notInArray, sql } from 'drizzle-orm';
import type { Drizzle } from '#shared/db/database.ts';
import { prices } from '#shared/db/ledger-schema.ts';
import { models, routes, upstreams } from '#shared/db/schema.ts';
import { agents } from '../../functions/custom-agent/agents/registry.ts';
import type { FoundOllama, OllamaModel } from './find-ollamas.ts';

type Transaction = Parameters<Parameters<Drizzle['transaction']>[0]>[0];

/**
 * Writes what this machine offers into the catalog: its agents, and the models of each Ollama that answered.
 *
 * What somebody else entered is left alone. Ours are the upstreams named as below and the routes to them
 * under the model's own name there; a model that has any other route gets neither a route nor facts of ours.
 * A route of ours that somebody deleted comes back at the next start, unless the model has got another one
 * by then: to withhold a model for good, disable it.
 *
 * @param isOwn the database is this machine's alone: an Ollama that an earlier start named and this one does not
 *   serves no more. In a database that is shared it may be somebody else's.
 */
export async function fillCatalog(
  db: Drizzle,
  ollamas: readonly FoundOllama[],
  { isOwn }: { isOwn: boolean },
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`lock table ${upstreams} in share row exclusive mode`);
    await offerAgents(tx);
    if (isOwn)
      await forgetOthers(
        tx,
        ollamas.map(({ url }) => nameOf(url)),
      );
    for (const { url, models: offered, leftOut } of ollamas) {
      if (offered) await offerOllama(tx, url, offered, leftOut);
    }
  });
}

async function offerAgents(tx: Transaction): Promise<void> {
  const upstreamId = await upstream(tx, {
    name: 'custom-agent',
    backend: 'openai',
    address: 'env:UPSTREAM_CUSTOM_AGENT_URL',
    credential: 'env:UPSTREAM_CUSTOM_AGENT_KEY',
  });
  for (const [name, { description }] of agents) await offer(tx, upstreamId, { name, description });
}

async function offerOllama(
  tx: Transaction,
  url: string,
  offered: readonly OllamaModel[],
  leftOut: readonly string[],
): Promise<void> {
  const upstreamId = await upstream(tx, { name: nameOf(url), backend: 'ollama', address: url });
  for (const model of offered) await offer(tx, upstreamId, describe(model));
  // One that it could not describe today it still has.
  await withdrawOthers(tx, upstreamId, [...offered.map((model) => model.name), ...leftOut]);
}

const nameOf = (url: string) => `ollama ${url}`;

async function forgetOthers(tx: Transaction, named: string[]): Promise<void> {
  const isOurs = and(eq(upstreams.backend, 'ollama'), like(upstreams.name, nameOf('%')));
  const others = await tx
    .select({ id: upstreams.id })
    .from(upstreams)
    .where(and(isOurs, notInArray(upstreams.name, named)));
  for (const { id } of others) await withdrawOthers(tx, id, []);
}

function describe({ name, capabilities, contextTokens }: OllamaModel) {
  const known = (['tools', 'vision', 'thinking'] as const).filter((each) => capabilities.includes(each));
  const kind = capabilities.includes('embedding') ? ('embedding' as const) : ('chat' as const);
  return { name, kind, capabilities: known, ...(contextTokens !== undefined && { contextTokens }) };
}

async function upstream(tx: Transaction, values: typeof upstreams.$inferInsert): Promise<number> {
  await tx.insert(upstreams).values(values).onConflictDoNothing({ target: upstreams.name });
  const [row] = await tx.select({ id: upstreams.id }).from(upstreams).where(eq(upstreams.name, values.name));
  return row!.id;
}

async function offer(tx: Transaction, upstreamId: number, model: typeof models.$inferInsert): Promise<void> {
  const { name, ...facts } = model;
  const others = await tx.execute(sql`
    select from ${routes} r join ${upstreams} u on u.id = r.upstream_id
     where r.model = ${name}
       and not (r.upstream_model = r.model
                and (u.name = 'custom-agent' or u.backend = 'ollama' and u.name like 'ollama %'))`);
  if (others.length > 0) return;
  // One that was taken off the list since it was served nowhere is back.
  const status = sql`case when ${servedNowhere(name)} then 'active' else ${models.status} end`;
  const set = { kind: 'chat' as const, ...facts, status };
  await tx.insert(models).values(model).onConflictDoUpdate({ target: models.name, set });
  await tx.insert(routes).values({ model: name, upstreamId, upstreamModel: name }).onConflictDoNothing();
}

const servedNowhere = (model: string) =>
  sql`not exists (select from ${routes} where ${routes.model} = ${model})`;

/**
 * Models that this Ollama had at an earlier start and has no more; one that is served nowhere is taken off the list. What
 * has prices stays in the books.
 */
async function withdrawOthers(tx: Transaction, upstreamId: number, names: string[]): Promise<void> {
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
