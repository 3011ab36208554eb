import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { Database } from '#shared/db/database.ts';
import { consumers, models, routes, upstreams } from '#shared/db/schema.ts';
import { createKey } from '#shared/keys/create-key.ts';
import { type BundleOptions, startBundle } from '../../local/bundle.ts';
import type { LocalFc } from '../../local/fc/local-fc.ts';
import { atEnd } from './at-end.ts';
import { aDatabaseUrl, connectedTo } from './database.ts';
import { AS_FC_MAY } from './strict.ts';

/** The built bundle on a database of its own, behind a local FC: what a caller meets in the cloud. */
export interface TestGateway {
  url: string;
  /** A key that may use everything. */
  key: string;
  database: Database;
  databaseUrl: string;
  pepper: string;
  /** What the functions sign for each other with. */
  internalSecret: string;
  fc: LocalFc;
  /** What the functions have logged, line by line. */
  log: string[];
}

type Settings =
  | 'freeze'
  | 'environment'
  | 'maxInstances'
  | 'idleMs'
  | 'replaceAfterCalls'
  | 'cors'
  | 'deliverTwice'
  | 'models'
  | 'containers';

type Options = Partial<Pick<BundleOptions, Settings>> & {
  databaseUrl?: string;
  internalSecret?: string;
  /** The functions reach the database's server by this port; the test itself goes straight. */
  viaPort?: number;
  /** False where the database has no tables yet. */
  withKey?: boolean;
};

/** The functions are frozen, ended and replaced as FC may; and what they must not log fails the tests of the file. */
export async function aGateway(options: Options = {}): Promise<TestGateway> {
  const {
    databaseUrl = await aDatabaseUrl(),
    withKey = true,
    viaPort,
    internalSecret = randomBytes(32).toString('hex'),
    ...settings
  } = options;
  const pepper = randomBytes(32).toString('hex');
  const log: string[] = [];
  const faults = new Set<string>();
  const onLog = ({ line }: { line: string }) => log.push(line);
  const seenUrl = new URL(databaseUrl);
  if (viaPort !== undefined) seenUrl.port = String(viaPort);
  const fc = await startBundle({
    databaseUrl: seenUrl.href,
    secrets: { keyPepper: pepper, internalSecret },
    ...AS_FC_MAY,
    ...settings,
    environment: { ...settings.environment, router: { ...PLAIN, ...settings.environment?.router } },
    onLog,
    onLogFault: ({ functionName, fault }) => faults.add(`${functionName}: ${fault}`),
  });
  atEnd(async () => {
    await fc.stop();
    expect([...faults]).toEqual([]);
  });
  const database = connectedTo(databaseUrl);
  const { url } = fc.functions.get('router')!;
  const key = withKey ? await aKey(database, pepper) : '';
  return { url, key, database, databaseUrl, pepper, internalSecret, fc, log };
}

/** A fault is told as it is, and the next call meets the next one: what routers do about faults is switched on where it is tested. */
const PLAIN = { MOST_ATTEMPTS: '1', BREAKER_FAILURES: '1000000', CHECK_EVERY_MS: '0' };

/** A key of a new root consumer, or of a given one. */
export async function aKey(
  database: Database,
  pepper: string,
  options: { consumerId?: number; models?: string[]; expiresAt?: Date } = {},
): Promise<string> {
  const consumerId = options.consumerId ?? (await aConsumer(database));
  const { token } = await database.write((db) =>
    createKey(db, pepper, { name: 'test', ...options, consumerId }),
  );
  return token;
}

type NewConsumer = Partial<typeof consumers.$inferInsert>;

export async function aConsumer(database: Database, values: NewConsumer = {}): Promise<number> {
  const [row] = await database.write((db) =>
    db
      .insert(consumers)
      .values({ name: 'test', rootId: 0, path: [], depth: 0, ...values })
      .returning({ id: consumers.id }),
  );
  return row!.id;
}

interface NewModel {
  name: string;
  backend: 'ollama' | 'openai';
  address: string;
  credential?: string;
  upstreamModel?: string;
  model?: Partial<typeof models.$inferInsert>;
  route?: Partial<typeof routes.$inferInsert>;
}

/** A model in the catalog, with one route to one upstream. */
export async function aModel(database: Database, offer: NewModel): Promise<void> {
  const { name, backend, address, credential, upstreamModel = name } = offer;
  await database.write((db) =>
    db.transaction(async (tx) => {
      const upstreamName = `${backend} ${address}`;
      const values = { name: upstreamName, backend, address, ...(credential && { credential }) };
      const [upstream] = await tx
        .insert(upstreams)
        .values(values)
        .onConflictDoUpdate({ target: upstreams.name, set: { address } })
        .returning({ id: upstreams.id });
      await tx
        .insert(models)
        .values({ name, ...offer.model })
        .onConflictDoNothing();
      await tx
        .insert(routes)
        .values({ model: name, upstreamId: upstream!.id, upstreamModel, ...offer.route });
    }),
  );
}

/** The model `custom-agent`, as `npm start` enters it. */
export const theCustomAgent = (database: Database) =>
  aModel(database, {
    name: 'custom-agent',
    backend: 'openai',
    address: 'env:UPSTREAM_CUSTOM_AGENT_URL',
    credential: 'env:UPSTREAM_CUSTOM_AGENT_KEY',
  });
