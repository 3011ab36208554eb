import { and, notInArray, sql } from 'drizzle-orm';
import type { Drizzle } from '#shared/db/database.ts';
import { upstreams } from '#shared/db/schema.ts';
import { agents } from '../../functions/custom-agent/agents/registry.ts';
import type { FoundOllama } from './find-ollamas.ts';
import { describe, isOurOllama, offer, type Transaction, upstream, withdrawOthers } from './offer-models.ts';

/**
 * Writes what this machine offers into the catalog: its agents, and the models of each Ollama that answered.
 *
 * What somebody else entered is left alone, and so is what is known of a model by now: somebody may have said it.
 * Ours are the upstreams named as below and the routes to them under the model's own name there; a model that has any
 * other route gets neither a route nor facts of ours. A route of ours that somebody deleted comes back at the next
 * start, unless the model has got another one by then: to withhold a model for good, disable it.
 *
 * @param isOwn the database is this machine's alone: an Ollama that an earlier start named and this one does not
 *   serves no more. In a database that is shared it may be somebody else's.
 * @param hasProxy ollama-proxy runs on this machine; what it offers is entered when it can be asked.
 */
export async function fillCatalog(
  db: Drizzle,
  ollamas: readonly FoundOllama[],
  { isOwn, hasProxy = false }: { isOwn: boolean; hasProxy?: boolean },
): Promise<void> {
  const named = [...(hasProxy ? [PROXY] : []), ...ollamas.map(({ url }) => nameOf(url))];
  await changing(db, async (tx) => {
    await offerAgents(tx);
    if (isOwn) await forgetOthers(tx, named);
    for (const ollama of ollamas) {
      await offerOllama(tx, { name: nameOf(ollama.url), address: ollama.url }, ollama);
    }
  });
}

/**
 * The same for what ollama-proxy offers, which is asked when it runs.
 *
 * @param slots how many answers it makes at once; a number that somebody has entered since stays.
 */
export async function offerProxy(
  db: Drizzle,
  { slots, ...found }: FoundOllama & { slots: number },
): Promise<void> {
  const place = {
    name: PROXY,
    address: 'env:UPSTREAM_OLLAMA_PROXY_URL',
    credential: 'signed:env:UPSTREAM_OLLAMA_PROXY_SECRET',
    slots,
  };
  await changing(db, (tx) => offerOllama(tx, place, found));
}

const PROXY = 'ollama-proxy';

/** One start at a time. */
const changing = (db: Drizzle, change: (tx: Transaction) => Promise<void>): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`lock table ${upstreams} in share row exclusive mode`);
    await change(tx);
  });

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
  place: Omit<typeof upstreams.$inferInsert, 'backend'>,
  { models: offered, leftOut }: FoundOllama,
): Promise<void> {
  if (!offered) return;
  const upstreamId = await upstream(tx, { ...place, backend: 'ollama' });
  for (const model of offered) await offer(tx, upstreamId, describe(model));
  // One that it could not describe today it still has.
  await withdrawOthers(tx, upstreamId, [...offered.map((model) => model.name), ...leftOut]);
}

const nameOf = (url: string) => `ollama ${url}`;

async function forgetOthers(tx: Transaction, named: string[]): Promise<void> {
  const others = await tx
    .select({ id: upstreams.id })
    .from(upstreams)
    .where(and(isOurOllama(sql`${upstreams}`), notInArray(upstreams.name, named)));
  for (const { id } of others) await withdrawOthers(tx, id, []);
}
