import OpenAI from 'openai';
import postgres from 'postgres';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tinyGguf } from '#shared/fixtures/tiny-gguf.ts';
import { freePort } from '../../local/fc/free-port.ts';
import { runningAddresses } from '../../local/start/running-addresses.ts';
import { ModelFolder } from '../fakes/ollama/model-folder.ts';
import { SERVE_PROGRAM } from '../fakes/ollama/spawn-serve.ts';
import { aDataDirectory, Run } from '../helpers/npm-start.ts';

const NO_OLLAMA = { OLLAMA_URLS: 'http://127.0.0.1:1' };

/** A store as an Ollama would have left it, with one model. */
function aStore(): ModelFolder {
  const store = new ModelFolder();
  onTestFinished(() => store[Symbol.dispose]());
  store.add('tiny', { gguf: tinyGguf() });
  return store;
}

describe('npm start with OLLAMA_COMMAND', () => {
  it('has that Ollama behind ollama-proxy, and offers what is in the store', async () => {
    const data = await aDataDirectory();
    const run = new Run(['--json', '--data', data, '--port', String(await freePort())], {
      ...NO_OLLAMA,
      OLLAMA_COMMAND: JSON.stringify([process.execPath, SERVE_PROGRAM]),
      OLLAMA_MODELS: aStore().path,
      OLLAMA_NUM_PARALLEL: '2',
    });
    const { url, key, models, databaseUrl } = JSON.parse(await run.says('\n'));
    expect(models).toEqual(['custom-agent', 'tiny:latest']);

    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'Hello' }];
    const completion = await client.chat.completions.create({ model: 'tiny', messages });
    expect(completion.choices[0]!.message.content).not.toBe('');

    const sql = postgres(databaseUrl, { max: 1 });
    expect([...(await sql`select slots from upstreams where name = 'ollama-proxy'`)]).toEqual([{ slots: 2 }]);
    await sql.end();
    const { 'ollama-proxy': proxy } = await runningAddresses(data);
    expect((await fetch(`${proxy}/api/tags`)).status).toBe(401);

    expect(await run.end('SIGTERM')).toBe(0);
    expect(await runningAddresses(data)).toEqual({});
  }, 60_000);
});
