import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import { models, routes, upstreamStates, upstreams } from '../db/schema.ts';
import type { Difference, Differences } from './differences.ts';
import type { ModelEntry, RouteEntry, UpstreamEntry } from './document.ts';

/** Brings the tables from one document to another, in the order that their references need. */
export async function writeDifferences(tx: Drizzle, changes: Differences): Promise<void> {
  const ids = await upstreamIds(tx);
  for (const { before } of changes.routes.filter(isGone)) await deleteRoute(tx, before!, ids);
  for (const change of changes.upstreams.filter(isLeft))
    ids.set(change.name, await writeUpstream(tx, change));
  for (const { after } of changes.models.filter(isLeft)) await writeModel(tx, after!);
  for (const { after } of changes.routes.filter(isLeft)) await writeRoute(tx, after!, ids);
  await deleteModels(tx, changes.models.filter(isGone).map(nameOf));
  await deleteUpstreams(tx, changes.upstreams.filter(isGone).map(nameOf));
}

type Ids = Map<string, number>;

const isGone = ({ after }: Difference<unknown>) => after === undefined;
const isLeft = ({ after }: Difference<unknown>) => after !== undefined;
const nameOf = ({ name }: Difference<unknown>) => name;

async function upstreamIds(tx: Drizzle): Promise<Ids> {
  const rows = await tx.select({ id: upstreams.id, name: upstreams.name }).from(upstreams);
  return new Map(rows.map(({ id, name }) => [name, id]));
}

async function writeUpstream(tx: Drizzle, { before, after }: Difference<UpstreamEntry>): Promise<number> {
  const { name, timeouts, ...rest } = after!;
  const set = {
    ...rest,
    credential: rest.credential ?? null,
    slots: rest.slots ?? null,
    connectTimeoutMs: timeouts.connectMs ?? null,
    firstPieceTimeoutMs: timeouts.firstPieceMs ?? null,
    idleTimeoutMs: timeouts.idleMs ?? null,
    totalTimeoutMs: timeouts.totalMs ?? null,
  };
  const [row] = await tx
    .insert(upstreams)
    .values({ name, ...set })
    .onConflictDoUpdate({ target: upstreams.name, set })
    .returning({ id: upstreams.id });
  const isElsewhere = before && (before.address !== rest.address || before.backend !== rest.backend);
  // What routers learnt there is not true here.
  if (isElsewhere) await tx.delete(upstreamStates).where(eq(upstreamStates.upstreamId, row!.id));
  return row!.id;
}

async function writeModel(tx: Drizzle, { name, ...rest }: ModelEntry): Promise<void> {
  const set = {
    ...rest,
    displayName: rest.displayName ?? null,
    description: rest.description ?? null,
    contextTokens: rest.contextTokens ?? null,
    maxOutputTokens: rest.maxOutputTokens ?? null,
    defaultOutput: rest.defaultOutput ?? null,
  };
  await tx
    .insert(models)
    .values({ name, ...set })
    .onConflictDoUpdate({ target: models.name, set });
}

async function writeRoute(tx: Drizzle, route: RouteEntry, ids: Ids): Promise<void> {
  const { model, upstream, upstreamModel, ...rest } = route;
  const set = {
    ...rest,
    keepAlive: rest.keepAlive ?? null,
    canaryPercent: rest.canaryPercent ?? null,
    canaryHeader: rest.canaryHeader ?? null,
  };
  await tx
    .insert(routes)
    .values({ model, upstreamId: ids.get(upstream)!, upstreamModel, ...set })
    .onConflictDoUpdate({ target: [routes.model, routes.upstreamId, routes.upstreamModel], set });
}

async function deleteRoute(tx: Drizzle, route: RouteEntry, ids: Ids): Promise<void> {
  const { model, upstream, upstreamModel } = route;
  const isIt = and(
    eq(routes.model, model),
    eq(routes.upstreamId, ids.get(upstream)!),
    eq(routes.upstreamModel, upstreamModel),
  );
  await tx.delete(routes).where(isIt);
}

async function deleteModels(tx: Drizzle, names: string[]): Promise<void> {
  if (names.length > 0) await tx.delete(models).where(inArray(models.name, names));
}

async function deleteUpstreams(tx: Drizzle, names: string[]): Promise<void> {
  if (names.length > 0) await tx.delete(upstreams).where(inArray(upstreams.name, names));
}

/** The models that cannot go, since prices name them; nobody can price one until this transaction ends. */
export async function pricedModels(tx: Drizzle): Promise<Set<string>> {
  await tx.execute(sql`select from ${models} for update`);
  const rows = await tx.execute<{ model: string }>(sql`select distinct model from prices`);
  return new Set(rows.map(({ model }) => model));
}
