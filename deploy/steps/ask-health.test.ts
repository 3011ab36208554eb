import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addressOf, askHealth } from './ask-health.ts';

/** A router that is met in the version that Function Compute says; the first `failures` answers are 503. */
async function aRouter({ version, failures = 0 }: { version?: string; failures?: number } = {}) {
  let failuresLeft = failures;
  const server = createServer((_request, response) => {
    if (version) response.setHeader('x-fc-invocation-function-version', version);
    response.statusCode = failuresLeft > 0 ? 503 : 200;
    failuresLeft -= 1;
    response.end('the database is not there');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('where the router is', () => {
  it.each(['http://llm.example.com', 'https://r-abc.cn-hangzhou.fcapp.run/'])('may be said as %s', (said) => {
    expect(addressOf(said)).toBe(said);
  });

  it.each(['llm.example.com', 'llm.example.com:443', 'ftp://llm.example.com', ''])(
    'may not be said as %j, before anything is sent',
    (said) => {
      expect(() => addressOf(said)).toThrow('must be an http:// or https:// address');
    },
  );
});

const PATIENCE = { tries: 3, pauseMs: 0 };

describe('the router, asked whether it is well', () => {
  it('is so when it says so in the end', async () => {
    const url = await aRouter({ failures: 2 });
    expect(await askHealth(url, undefined, PATIENCE)).toBe(`The router at ${url} is well.`);
  });

  it('is not when it never does, and what it said last is told', async () => {
    const asked = askHealth(await aRouter({ failures: 3 }), undefined, PATIENCE);
    await expect(asked).rejects.toThrow('is not well: it answered 503: the database is not there');
  });

  it('tells which version it was that answered', async () => {
    const url = await aRouter({ version: '7' });
    expect(await askHealth(url, 'prod', PATIENCE)).toBe(`The router at ${url} is well, in its version 7.`);
  });

  it('is not where callers shall meet an alias and meet the function as it stands', async () => {
    const asked = askHealth(await aRouter({ version: 'LATEST' }), 'prod', PATIENCE);
    await expect(asked).rejects.toThrow('callers meet the function as it stands, and not the alias prod');
  });

  it('is not where they shall meet it as it stands and still meet a version', async () => {
    const asked = askHealth(await aRouter({ version: '7' }), 'LATEST', PATIENCE);
    await expect(asked).rejects.toThrow('callers meet its version 7, and not the function as it stands');
  });

  it.each(['LATEST', undefined])('may be met as it stands where no alias is said (%s)', async (qualifier) => {
    const url = await aRouter({ version: 'LATEST' });
    expect(await askHealth(url, qualifier, PATIENCE)).toBe(`The router at ${url} is well.`);
  });
});
