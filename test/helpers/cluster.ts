import { randomBytes } from 'node:crypto';
import type { Database } from '#shared/db/database.ts';
import { models, routes, upstreams } from '#shared/db/schema.ts';
import { startLocalFc } from '../../local/fc/local-fc.ts';
import { type FakeOllama, startFakeOllama } from '../fakes/ollama/fake-ollama.ts';
import type { FakeOllamaOptions } from '../fakes/ollama/server-state.ts';
import { atEnd } from './at-end.ts';
import { Books } from './chaos-books.ts';
import { Caller } from './chaos-caller.ts';
import { times } from './chaos-chance.ts';
import { Stage } from './chaos-stage.ts';
import { aDatabaseUrl, connectedTo } from './database.ts';
import { aConsumer, aKey } from './gateway.ts';
import { routerSpec } from './router-spec.ts';

/** One upstream, and the route of the model that leads there. */
export interface Member {
  backend?: 'ollama' | 'openai';
  upstream?: Partial<typeof upstreams.$inferInsert>;
  route?: Partial<typeof routes.$inferInsert>;
  fake?: FakeOllamaOptions;
}

interface Options {
  members: Member[];
  /** How many there are, each at an address of its own. */
  routers?: number;
  environment?: Record<string, string>;
}

export type Cluster = Awaited<ReturnType<typeof aCluster>>;
type Wish = ConstructorParameters<typeof Caller>[1];

/** The model that every upstream of a cluster serves. */
export const MODEL = 'scripted';
const UPSTREAM_MODEL = { ollama: 'scripted-natively', openai: 'scripted-by-v1' };

/** Several routers on one ledger, before several Ollamas with one model that says what each call tells it to. */
export async function aCluster({ members, routers = 1, environment = {} }: Options) {
  const databaseUrl = await aDatabaseUrl();
  const stage = new Stage();
  const starting = members.map(({ fake }) =>
    startFakeOllama({ models: stage.models, numParallel: 1_000, ...fake }),
  );
  const fakes = await Promise.all(starting);
  atEnd(() => Promise.all(fakes.map((fake) => fake.stop())));
  const pepper = randomBytes(32).toString('hex');
  const database = connectedTo(databaseUrl);
  const offered = (name: string, rest: Partial<typeof models.$inferInsert> = {}) =>
    offer(database, { name, ...rest }, members, fakes);
  await offered(MODEL);
  const urls = await theRouters(routers, { DATABASE_URL: databaseUrl, KEY_PEPPER: pepper }, environment);
  const books = new Books(databaseUrl);
  const keyOf = async (consumerId?: number) => aKey(database, pepper, consumerId ? { consumerId } : {});
  const key = await keyOf();
  let turn = 0;
  return {
    stage,
    fakes,
    database,
    books,
    urls,
    key,
    /** Offers one more model, by upstreams of its own at the same places: routers know nothing of them. */
    offer: offered,
    /** A consumer's key. */
    aTenant: async () => keyOf(await aConsumer(database)),
    /** A call to the router that is next in turn, or to one of them. */
    call(wish: Wish, { router, as = key }: { router?: number; as?: string } = {}) {
      turn += router === undefined ? 1 : 0;
      const url = urls[(router ?? turn) % urls.length]!;
      return new Caller({ url, key: as }, { model: MODEL, ...wish });
    },
    /** How many answers each upstream was asked for so far. */
    asked: () => fakes.map((fake) => inferences(fake).length),
  };
}

/** What it was asked to answer; what routers ask it about itself is left out. */
export const inferences = (fake: FakeOllama) =>
  fake.requests.filter(({ method, path }) => method === 'POST' && path !== '/api/show');

/** One function of the local FC for each, since within one FC decides who gets a call. */
async function theRouters(
  count: number,
  secrets: { DATABASE_URL: string; KEY_PEPPER: string },
  environment: Record<string, string>,
): Promise<string[]> {
  const spec = await routerSpec(secrets);
  const functions = times(count, (index) => ({
    ...spec,
    name: `router-${index}`,
    instanceConcurrency: 1_000,
    environment: { ...spec.environment, ...environment },
  }));
  const fc = await startLocalFc({ functions, freeze: false });
  atEnd(() => fc.stop());
  const all = [...fc.functions.values()];
  await Promise.all(all.map((router) => router.warmUp()));
  return all.map(({ url }) => url);
}

async function offer(
  database: Database,
  model: typeof models.$inferInsert,
  members: Member[],
  fakes: FakeOllama[],
): Promise<void> {
  await database.write((db) => db.insert(models).values(model));
  for (const [index, { backend = 'ollama', upstream, route }] of members.entries()) {
    const address = `${fakes[index]!.url}${backend === 'openai' ? '/v1' : ''}`;
    await database.write(async (db) => {
      const [row] = await db
        .insert(upstreams)
        .values({ name: nameOf(index, model.name), backend, address, ...upstream })
        .returning({ id: upstreams.id });
      const upstreamModel = UPSTREAM_MODEL[backend];
      await db.insert(routes).values({ model: model.name, upstreamId: row!.id, upstreamModel, ...route });
    });
  }
}

/** What an upstream is called, on receipts among others. The id of the first model's is one more than the index. */
export const nameOf = (index: number, model = MODEL) => `${model} ${index}`;
