import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signCredential } from '#shared/credential/sign-credential.ts';
import { freePort } from '../../local/fc/free-port.ts';
import { keptSecrets } from '../../local/start/local-secrets.ts';
import { runningAddresses } from '../../local/start/running-addresses.ts';
import { aDataDirectory, Run } from '../helpers/npm-start.ts';

describe('npm start', () => {
  it('has a model-pull for whoever has the secret of the data directory, with a store there', async () => {
    const data = await aDataDirectory();
    const run = new Run(['--data', data, '--port', String(await freePort())], {
      OLLAMA_URLS: 'http://127.0.0.1:1',
    });
    const text = await run.says('Ctrl-C ends everything');
    expect(text).toContain(`Store      ${join(data, 'models')}\n`);
    expect(existsSync(join(data, 'models'))).toBe(true);

    const { 'model-pull': url } = await runningAddresses(data);
    const { internalSecret } = (await keptSecrets(data))!;
    const demand = { audience: 'model-pull', subject: 'operator', method: 'GET', path: '/api/tags' } as const;
    const authorization = `Bearer ${await signCredential(internalSecret, demand)}`;
    const answer = await fetch(`${url}/api/tags`, { headers: { authorization } });
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 200,
      body: { models: [] },
    });
    expect((await fetch(`${url}/api/tags`)).status).toBe(401);
    expect(await run.end('SIGTERM')).toBe(0);
  }, 60_000);
});
