import { randomBytes } from 'node:crypto';
import { startLocalFc } from '../../local/fc/local-fc.ts';
import type { LocalFunction } from '../../local/fc/local-function.ts';
import { type FakeOllama, startFakeOllama } from '../fakes/ollama/fake-ollama.ts';
import { atEnd } from './at-end.ts';
import { Books } from './chaos-books.ts';
import { Stage } from './chaos-stage.ts';
import { aDatabaseUrl, connectedTo } from './database.ts';
import { aConsumer, aKey, aModel } from './gateway.ts';
import { routerSpec } from './router-spec.ts';

interface Options {
  /** How many calls an instance takes before there is one more. Absent: as s.yaml says. */
  callersPerInstance?: number;
  freeze?: boolean;
  environment?: Record<string, string>;
  databaseUrl?: string;
  /** The routers reach the database's server by this port; the test itself goes straight. */
  viaPort?: number;
  /** Slots of the model. */
  numParallel?: number;
}

interface Tenant {
  parentId?: number;
  /** As `{ 'requests/total': 5 }`. */
  limits?: Record<string, number>;
}

export type Fleet = Awaited<ReturnType<typeof aFleet>>;

/** As many routers as its callers need, on one ledger, before one model that says what each test tells it to. */
export async function aFleet(options: Options = {}) {
  const { databaseUrl = await aDatabaseUrl(), freeze = true, viaPort, environment = {} } = options;
  const stage = new Stage();
  const fake = await startFakeOllama({ models: stage.models, numParallel: options.numParallel ?? 1_000 });
  atEnd(() => fake.stop());
  const pepper = randomBytes(32).toString('hex');
  const seenUrl = new URL(databaseUrl);
  if (viaPort !== undefined) seenUrl.port = String(viaPort);
  const spec = await routerSpec({ DATABASE_URL: seenUrl.href, KEY_PEPPER: pepper });
  const log: { instanceId: string; line: string }[] = [];
  const fc = await startLocalFc({
    functions: [
      {
        ...spec,
        instanceConcurrency: options.callersPerInstance ?? spec.instanceConcurrency,
        environment: { ...spec.environment, ...NO_CHECKS, ...environment },
      },
    ],
    freeze,
    onLog: (line) => log.push(line),
  });
  atEnd(() => fc.stop());
  const database = connectedTo(databaseUrl);
  await offer(database, fake);
  const router = fc.functions.get('router')!;
  const books = new Books(databaseUrl);

  /** A consumer with a key of its own, and limits. */
  const tenant = async ({ parentId, limits = {} }: Tenant = {}) => {
    const consumerId = await aConsumer(database, parentId === undefined ? {} : { parentId });
    for (const [kind, amount] of Object.entries(limits)) {
      const [metric = '', win = 'open'] = kind.split('/');
      await books.sql`insert into limits (consumer_id, metric, win, amount) values (${consumerId}, ${metric}, ${win}, ${amount})`;
    }
    return { consumerId, url: router.url, key: await aKey(database, pepper, { consumerId }) };
  };
  return { router, fake, stage, books, log, database, tenant };
}

async function offer(database: ReturnType<typeof connectedTo>, { url }: FakeOllama): Promise<void> {
  const natively = { backend: 'ollama', address: url, upstreamModel: 'scripted-natively' } as const;
  const byV1 = { backend: 'openai', address: `${url}/v1`, upstreamModel: 'scripted-by-v1' } as const;
  await aModel(database, { name: 'ollama/scripted', ...natively });
  await aModel(database, { name: 'openai/scripted', ...byV1 });
}

/** What the upstream is asked is what the callers ask of it. */
const NO_CHECKS = { CHECK_EVERY_MS: '0' };

type Instance = LocalFunction['instances'][number];

/** Stops all that an instance does, as FC may at any moment; the local FC itself does not know of it. */
export const stop = ({ pid }: Instance) => process.kill(-pid!, 'SIGSTOP');
export const goOn = ({ pid }: Instance) => process.kill(-pid!, 'SIGCONT');
