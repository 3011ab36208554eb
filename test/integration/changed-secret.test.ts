import { describe, expect, it } from 'vitest';
import { ModelStoreClient } from '#shared/model-store-client/model-store-client.ts';
import { aGateway, theCustomAgent } from '../helpers/gateway.ts';

const older = 'o'.repeat(32);
const newer = 'n'.repeat(32);
const BOTH = `${newer},${older}`;

describe('while one INTERNAL_SECRET takes the place of another', () => {
  it.each([
    ['both know both', BOTH],
    ['the agent has the old one first', `${older},${newer}`],
    ['the agent has forgotten the old one', newer],
  ])('the router is answered by the agent: %s', async (_, INTERNAL_SECRET) => {
    const gateway = await aGateway({
      internalSecret: BOTH,
      environment: { 'custom-agent': { INTERNAL_SECRET } },
    });
    await theCustomAgent(gateway.database);
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}` },
      body: JSON.stringify({ model: 'custom-agent', messages: [{ role: 'user', content: 'hello' }] }),
    });
    expect(response.status).toBe(200);
  });

  it('the store lets in who signs with either, and nobody else', async () => {
    const { fc } = await aGateway({ internalSecret: BOTH });
    const { url } = fc.functions.get('model-pull')!;
    const stored = (secret: string) => new ModelStoreClient({ url, secret, subject: 'operator' }).models();
    for (const secret of [older, newer, BOTH]) expect(await stored(secret)).toEqual([]);
    await expect(stored('s'.repeat(32))).rejects.toThrow(/INTERNAL_SECRET must be the same|gateway alone/);
  });
});
