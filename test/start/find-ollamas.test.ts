import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { findOllamas } from '../../local/start/find-ollamas.ts';
import { startFakeOllama } from '../fakes/ollama/fake-ollama.ts';

it('an Ollama that cannot describe one of its models offers the others', async () => {
  const ollama = await startFakeOllama({ models: ['a:1', 'b:1', 'c:1'].map((name) => ({ name })) });
  ollama.faults.next({ kind: 'error-status', status: 500 }, '/api/show');
  const [found] = await findOllamas(`${ollama.url}/`);
  expect(found).toMatchObject({
    url: ollama.url,
    models: [{ name: 'b:1' }, { name: 'c:1' }],
    leftOut: ['a:1'],
  });
  await ollama.stop();
});

it('an Ollama with many models is asked about a few at a time, and all are found in its order', async () => {
  const names = Array.from({ length: 9 }, (_, index) => `m:${index}`);
  let asked = 0;
  let askedAtOnce = 0;
  const server = createServer((request, response) => {
    if (request.url === '/api/tags') {
      response.end(JSON.stringify({ models: names.map((name) => ({ name })) }));
      return;
    }
    asked += 1;
    askedAtOnce = Math.max(askedAtOnce, asked);
    request.resume().on('end', () => {
      asked -= 1;
      response.end('{}');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const [found] = await findOllamas(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(found?.models?.map(({ name }) => name)).toEqual(names);
  expect(askedAtOnce).toBeLessThanOrEqual(4);
  server.close();
});

it('an Ollama that does not answer is still named', async () => {
  expect(await findOllamas('http://127.0.0.1:1')).toEqual([
    { url: 'http://127.0.0.1:1', models: undefined, leftOut: [] },
  ]);
});
