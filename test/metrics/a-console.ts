import { randomBytes } from 'node:crypto';
import { openDoor } from '#shared/http/door.ts';
import type { Log } from '#shared/log.ts';
import { ConsoleConfig } from '../../functions/console/config.ts';
import { createConsole } from '../../functions/console/console.ts';
import { freePort } from '../../local/fc/free-port.ts';
import { atEnd } from '../helpers/at-end.ts';
import { type Samples, samplesIn } from './samples.ts';

export interface TestConsole {
  url: string;
  port: number;
  token: string;
  secret: string;
  /** What was logged as an error. */
  errors: object[];
  scrape(): Promise<Samples>;
  /** One run of its timer. */
  timer(): Promise<void>;
  stop(): Promise<void>;
}

/** A console in this process, behind its real door, on a database that is there. */
export async function aConsole(
  databaseUrl: string,
  settings: Record<string, string> = {},
): Promise<TestConsole> {
  const [token, secret] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  const config = ConsoleConfig.parse({
    ...{ DATABASE_URL: databaseUrl, METRICS_TOKEN: token, INTERNAL_SECRET: secret },
    ...settings,
  });
  const errors: object[] = [];
  const log: Log = { info: () => {}, error: (event, fields) => errors.push({ event, ...fields }) };
  const app = createConsole(config, log);
  const port = 'FC_CUSTOM_LISTEN_PORT' in settings ? config.FC_CUSTOM_LISTEN_PORT : await freePort();
  const door = await openDoor(app, {
    ...{ address: '127.0.0.1', port, drainTimeoutMs: 1_000, log, crossOrigin: false },
  });
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= door.drain());
  atEnd(stop);
  const url = `http://127.0.0.1:${door.port}`;
  const scrape = async () => {
    const authorization = `Bearer ${config.METRICS_TOKEN}`;
    const reply = await fetch(`${url}/metrics`, { headers: { authorization } });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${reply.status} ${text}`);
    return samplesIn(text);
  };
  const timer = () => app.invoke!({ triggerTime: '', triggerName: 'upkeep', payload: '' });
  return { url, port, token: config.METRICS_TOKEN!, secret, errors, scrape, timer, stop };
}
