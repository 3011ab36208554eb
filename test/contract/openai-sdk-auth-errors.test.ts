import { eq } from 'drizzle-orm';
import { AuthenticationError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { keys } from '#shared/db/schema.ts';
import { storeKey } from '#shared/keys/create-key.ts';
import { newKeyToken, publicIdOf } from '#shared/keys/key-token.ts';
import { aConsumer, aKey } from '../helpers/gateway.ts';
import { aServedGateway, ask, type ServedGateway, sdk } from '../helpers/served-gateway.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway();
});

const requestID = expect.stringMatching(/^req_[0-9a-f]{32}$/);

describe('AuthenticationError', () => {
  const refusal = {
    status: 401,
    code: 'invalid_api_key',
    type: 'invalid_request_error',
    param: null,
    message: '401 The API key is missing, wrong, expired or disabled.',
    requestID,
  };

  it.each<[string, () => string | Promise<string>]>([
    ['that nobody made', () => newKeyToken().token],
    ['of which only the public id is right', () => keyOfAnotherSecret()],
    ['that is no key at all', () => 'sk-1234'],
    ['with a mistyped character', () => gateway.key.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))],
    ['that has expired', () => aKey(gateway.database, gateway.pepper, { expiresAt: new Date(0) })],
    ['that is disabled', () => keyOfStatus('disabled')],
    ['that is revoked', () => keyOfStatus('revoked')],
    ['whose consumer is disabled', () => keyBelow('disabled')],
    ["whose consumer's parent is disabled", () => keyBelow('disabled', 2)],
  ])('is what a key %s gets, always in the same words', async (_, key) => {
    const error = await thrownBy(client(await key()).chat.completions.create(ask('ollama/tiny')));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject(refusal);
  });

  it('comes before any complaint about the body', async () => {
    const call = client('sk-1234').chat.completions.create({ ...ask(''), messages: [] });
    expect(await thrownBy(call)).toMatchObject(refusal);
  });
});

const client = (key: string) => sdk({ url: gateway.url, key });

/** In good form, with the public id of a key that there is. */
async function keyOfAnotherSecret(): Promise<string> {
  const shown = newKeyToken();
  const consumerId = await aConsumer(gateway.database);
  const stored = { ...shown, token: newKeyToken().token };
  await gateway.database.write((db) => storeKey(db, gateway.pepper, stored, { consumerId, name: 'test' }));
  return shown.token;
}

async function keyOfStatus(status: 'disabled' | 'revoked'): Promise<string> {
  const token = await aKey(gateway.database, gateway.pepper);
  const isIt = eq(keys.publicId, publicIdOf(token)!);
  await gateway.database.write((db) => db.update(keys).set({ status }).where(isIt));
  return token;
}

async function keyBelow(status: 'disabled', levels = 0): Promise<string> {
  let consumerId = await aConsumer(gateway.database, { status });
  for (let level = 0; level < levels; level += 1) {
    consumerId = await aConsumer(gateway.database, { parentId: consumerId });
  }
  return aKey(gateway.database, gateway.pepper, { consumerId });
}
