import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import OpenAI from 'openai';
import postgres from 'postgres';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../local/fc/free-port.ts';
import { startFakeOllama } from '../fakes/ollama/fake-ollama.ts';
import { aDataDirectory, Run } from '../helpers/npm-start.ts';

const NO_OLLAMA = { OLLAMA_URLS: 'http://127.0.0.1:1' };

interface Started {
  url: string;
  key: string;
  models: string[];
  databaseUrl: string;
  metricsUrl: string;
  metricsToken: string;
}

async function started(run: Run): Promise<Started> {
  return JSON.parse(await run.says('\n'));
}

describe('npm start for a script', () => {
  it('prints one line of JSON with which an SDK can chat, and ends with 0 on SIGTERM', async () => {
    const data = await aDataDirectory();
    const run = new Run(['--json', '--data', data, '--port', String(await freePort())], NO_OLLAMA);
    const { url, key, models, databaseUrl } = await started(run);
    expect(models).toEqual(['custom-agent']);
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key });
    const messages = [{ role: 'user' as const, content: 'Hello' }];
    const completion = await client.chat.completions.create({ model: 'custom-agent', messages });
    expect(completion.choices[0]!.message.content).toContain('Hello!');

    expect(await run.end('SIGTERM')).toBe(0);
    expect(run.stdout.trimEnd().split('\n')).toHaveLength(1);
    await expect(fetch(url)).rejects.toThrow();
    const sql = postgres(databaseUrl, { max: 1, connect_timeout: 2 });
    await expect(sql`select 1`).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }, 60_000);

  it('serves metrics beside its port, to whoever shows the token that it prints', async () => {
    const port = await freePort();
    const run = new Run(['--json', '--data', await aDataDirectory(), '--port', String(port)], NO_OLLAMA);
    const { metricsUrl, metricsToken } = await started(run);
    const authorization = `Bearer ${metricsToken}`;
    const reply = await fetch(metricsUrl, { headers: { authorization } });
    expect(reply.status).toBe(200);
    expect(await reply.text()).toMatch(/^gateway_catalog_version \d+$/m);
    expect((await fetch(metricsUrl)).status).toBe(401);
    expect(Number(new URL(metricsUrl).port)).toBeGreaterThan(port);
    expect(await run.end('SIGTERM')).toBe(0);
  }, 60_000);

  it('has the same key and database after a restart', async () => {
    const data = await aDataDirectory();
    const first = new Run(['--json', '--data', data, '--port', String(await freePort())], NO_OLLAMA);
    const before = await started(first);
    expect(await first.end('SIGINT')).toBe(0);
    const second = new Run(['--json', '--data', data, '--port', String(await freePort())], NO_OLLAMA);
    const after = await started(second);
    expect(after.key).toBe(before.key);
    const sql = postgres(after.databaseUrl, { max: 1 });
    expect(await sql`select name from consumers`).toEqual([{ name: 'local' }]);
    await sql.end();
    expect((await stat(join(data, 'secrets.json'))).mode & 0o777).toBe(0o600);
    expect(await second.end('SIGTERM')).toBe(0);
  }, 60_000);

  it('refuses a data directory that another start is using, and leaves that one alone', async () => {
    const data = await aDataDirectory();
    const first = new Run(['--json', '--data', data, '--port', String(await freePort())], NO_OLLAMA);
    const { url, key } = await started(first);
    const second = new Run(['--json', '--data', data, '--port', String(await freePort())], NO_OLLAMA);
    expect(await second.exit()).toBe(1);
    expect(second.stderr).toMatch(/another Sublet \(pid \d+\) is using/);
    const models = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect(models.status).toBe(200);
    expect(await first.end('SIGTERM')).toBe(0);
  }, 60_000);

  it('takes another port when somebody else is as quick', async () => {
    const port = String(await freePort());
    const runs = await Promise.all(
      [await aDataDirectory(), await aDataDirectory()].map(
        (data) => new Run(['--json', '--data', data, '--port', port], NO_OLLAMA),
      ),
    );
    const both = await Promise.all(runs.map(started));
    expect(new Set(both.map(({ url }) => url)).size).toBe(2);
    expect(await Promise.all(runs.map((run) => run.end('SIGTERM')))).toEqual([0, 0]);
  }, 60_000);

  it('says what is wrong with its arguments', async () => {
    const run = new Run(['--port', 'eighty']);
    expect(await run.exit()).toBe(1);
    expect(run.stderr).toContain("--port wants a number from 1 to 65535, not 'eighty'");
  });
});

describe('npm start for a person', () => {
  it('shows base URL, key, models and what to enter, and takes another port when its own is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const ollama = await startFakeOllama();
    try {
      const data = await aDataDirectory();
      const run = new Run(['--data', data, '--port', String(port)], {
        OLLAMA_URLS: ollama.url,
      });
      const text = await run.says('Ctrl-C ends everything');
      expect(text).toContain(`Port ${port} is taken`);
      expect(text).toMatch(/Base URL\s+http:\/\/127\.0\.0\.1:\d+\/v1/);
      expect(text).toMatch(/API key\s+sk-[\w-]+/);
      expect(text).toMatch(/Models\s+custom-agent, embed:latest, seer:latest, thinker:8b, tiny:latest/);
      expect(text).toContain('curl -N');
      expect(text).toContain('"model":"custom-agent"');
      expect(text).toContain(`Database   kept in ${join(data, 'postgres')}\n`);
      expect(text).not.toContain('postgres://');
      expect(text).toContain('API Proxy URL');
      expect(await run.end('SIGINT')).toBe(0);
    } finally {
      taken.close();
      await ollama.stop();
    }
  }, 60_000);
});
