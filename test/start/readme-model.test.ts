import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { freePort } from '../../local/fc/free-port.ts';
import { startFakeOllama } from '../fakes/ollama/fake-ollama.ts';
import { aDatabaseUrl } from '../helpers/database.ts';
import { aDataDirectory, Run } from '../helpers/npm-start.ts';
import { ask, sdk } from '../helpers/served-gateway.ts';
import { Sublet } from '../helpers/sublet.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NO_OLLAMA = { OLLAMA_URLS: 'http://127.0.0.1:1' };

/** The commands that the README tells to give, for a service at another address. */
async function recipe(address: string): Promise<string[][]> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const chapter = readme.slice(readme.indexOf('## Add a model'), readme.indexOf('## Go on'));
  return [...chapter.matchAll(/^ +npm run sublet -- (.+)$/gm)].map((match) =>
    match[1]!.replace('https://api.deepseek.com/v1', address).split(' '),
  );
}

it('the README’s recipe adds a model of any OpenAI-compatible service', async () => {
  const service = await startFakeOllama({ models: [{ name: 'deepseek-chat', reply: 'Hi!' }] });
  const databaseUrl = await aDatabaseUrl();
  const start = new Run(['--json', '--data', await aDataDirectory(), '--port', String(await freePort())], {
    ...NO_OLLAMA,
    DATABASE_URL: databaseUrl,
    UPSTREAM_DEEPSEEK_KEY: 'sk-of-the-service',
  });
  const { url, key } = JSON.parse(await start.says('\n'));

  const commands = await recipe(`${service.url}/v1`);
  expect(commands).toHaveLength(3);
  for (const command of commands) await new Sublet(databaseUrl).text(...command);

  const completion = await sdk({ url, key }).chat.completions.create(ask('deepseek-chat'));
  expect(completion.choices[0]!.message.content).toBe('Hi!');
  const asked = await service.nextRequest('/v1/chat/completions');
  expect(asked.headers.authorization).toBe('Bearer sk-of-the-service');
  expect(await start.end('SIGTERM')).toBe(0);
  await service.stop();
}, 60_000);
