import { and, eq, notInArray, sql } from 'drizzle-orm';
import type { Drizzle } from '#shared/db/database.ts';
import { models, routes, upstreams } from '#shared/db/schema.ts';
import { agents } from '../../functions/custom-agent/agents/registry.ts';
import type { FoundOllama, OllamaModel } from './find-ollamas.ts';

type Transaction = Parameters<Parameters<Drizzle['transaction']>[0]>[0];

/**
 * Writes what this machine offers into the catalog: its agents, and the models of each Ollama that
 * answered. Models, routes and upstreams that somebody else entered are left alone.
 */
export async function fillCatalog(db: Drizzle, ollamas: readonly FoundOllama[]): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`lock table ${upstreams} in share row exclusive mode`);
    await offerAgents(tx);
    for (const { url, models: offered } of ollamas) {
      if (offered) await offerOllama(tx, url, offered);
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

async function offerOllama(tx: Transaction, url: string, offered: readonly OllamaModel[]): Promise<void> {
  const upstreamId = await upstream(tx, { name: `ollama ${url}`, backend: 'ollama', address: url });
  for (const model of offered) await offer(tx, upstreamId, describe(model));
  await withdrawOthers(
    tx,
    upstreamId,
    offered.map((model) => model.name),
  );
}

function describe({ name, capabilities, contextTokens }: OllamaModel) {
  const known = (['tools', 'vision', 'thinking'] as const).filter((each) => capabilities.includes(each));
  const kind = capabilities.includes('embedding') ? ('embedding' as const) : ('chat' as const);
  return { name, kind, capabilities: known, ...(contextTokens !== undefined && { contextTokens }) };
}

async function upstream(tx: Transaction, values: typeof upstreams.$inferInsert): Promise<number> {
  const [row] = await tx
    .insert(upstreams)
    .values(values)
    .onConflictDoUpdate({ target: upstreams.name, set: { address: values.address } })
    .returning({ id: upstreams.id });
  return row!.id;
}

async function offer(tx: Transaction, upstreamId: number, model: typeof models.$inferInsert): Promise<void> {
  const { name, ...facts } = model;
  const set = { kind: 'chat' as const, ...facts };
  await tx.insert(models).values(model).onConflictDoUpdate({ target: models.name, set });
  await tx.insert(routes).values({ model: name, upstreamId, upstreamModel: name }).onConflictDoNothing();
}

/** Models that this Ollama had at an earlier start and has no more; one that is served nowhere is taken off the list. */
async function withdrawOthers(tx: Transaction, upstreamId: number, names: string[]): Promise<void> {
  const gone = await tx
    .delete(routes)
    .where(and(eq(routes.upstreamId, upstreamId), notInArray(routes.upstreamModel, names)))
    .returning({ model: routes.model });
  for (const { model } of gone) {
    const unserved = sql`not exists (select from ${routes} where ${routes.model} = ${model})`;
    await tx.delete(models).where(and(eq(models.name, model), unserved));
  }
}
