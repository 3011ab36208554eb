import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../local/fc/free-port.ts';
import { aDataDirectory, Run } from '../helpers/npm-start.ts';

describe('npm start -- --strict', () => {
  it('answers every call while it freezes, thaws and replaces the instances, and says that it does', async () => {
    const data = await aDataDirectory();
    const run = new Run(['--json', '--strict', '--data', data, '--port', String(await freePort())], {
      OLLAMA_URLS: 'http://127.0.0.1:1',
    });
    const { url, key } = JSON.parse(await run.says('\n'));
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'Hello' }];
    for (let call = 0; call < 25; call += 1) {
      const { choices } = await client.chat.completions.create({ model: 'custom-agent', messages });
      expect(choices[0]?.message.content).toContain('Hello!');
    }
    // Of the router's calls some came together, such as a timer's with one of these; of the agent's none did.
    expect(run.stderr).toMatch(/^router: an instance makes room for another, calls: 20, freezes: \d\d$/m);
    expect(run.stderr).toMatch(/^custom-agent: an instance makes room for another, calls: 20, freezes: 20$/m);
    const models = await fetch(`${url}/v1/models`, {
      headers: { authorization: `Bearer ${key}`, origin: 'https://chat.example' },
    });
    expect(models.headers.get('access-control-allow-origin')).toBe('*');
    expect(models.headers.get('access-control-allow-credentials')).toBe('true'); // FC's, beside the router's own
    expect(await run.end('SIGTERM')).toBe(0);
    expect(run.stderr).not.toContain('its log holds');
  }, 120_000);

  it('is explained by --help', async () => {
    const run = new Run(['--help']);
    expect(await run.exit()).toBe(0);
    expect(run.stdout).toContain('docs/local-fc.md');
  });
});
