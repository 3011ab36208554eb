import { sql } from 'drizzle-orm';
import { AuthenticationError, NotFoundError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { setConsumerStatus } from '#shared/tenancy/change-consumer.ts';
import { setKeyStatus } from '#shared/tenancy/change-key.ts';
import { limitsOf } from '../helpers/own-usage.ts';
import { aServedGateway, ask, type ServedGateway } from '../helpers/served-gateway.ts';
import { whileAtTheDoor } from '../helpers/stalled-ledger.ts';
import { aTenant, type Tenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway();
});

const call = ({ client }: Tenant) => client.chat.completions.create(ask('ollama/tiny'));
const write = (work: Parameters<ServedGateway['database']['write']>[0]) => gateway.database.write(work);

/** What comes of a call when something changes after it was authenticated and before it is admitted. */
async function admittedAfter(tenant: Tenant, change: string): Promise<unknown> {
  const { called } = await whileAtTheDoor(
    gateway,
    () => thrownBy(call(tenant)),
    (tx) => tx.execute(sql.raw(change)),
  );
  return called;
}

describe('a call that was authenticated is refused in the ledger', () => {
  const keyOf = (tenant: Tenant) => `where id = ${tenant.keyId}`;
  it.each<[string, (tenant: Tenant) => string]>([
    ['its key is disabled', (tenant) => `update keys set status = 'disabled' ${keyOf(tenant)}`],
    ['its key is revoked', (tenant) => `update keys set status = 'revoked' ${keyOf(tenant)}`],
    ['its key expires', (tenant) => `update keys set expires_at = now() ${keyOf(tenant)}`],
    [
      'its consumer is disabled',
      (tenant) => `update consumers set status = 'disabled' where id = ${tenant.consumerId}`,
    ],
  ])('when %s meanwhile, in the words of any bad key', async (_, change) => {
    const tenant = await aTenant(gateway, { limits: ['requests/day=5'] });
    const before = gateway.fake.requests.length;
    const error = await admittedAfter(tenant, change(tenant));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({
      code: 'invalid_api_key',
      message: '401 The API key is missing, wrong, expired or disabled.',
    });
    expect(gateway.fake.requests).toHaveLength(before);
  });

  it.each<[string, (tenant: Tenant) => string]>([
    ['taken from its key', ({ keyId }) => `update keys set models = '{openai/tiny}' where id = ${keyId}`],
    [
      'taken from its consumer',
      ({ consumerId }) => `update consumers set models = '{openai/tiny}' where id = ${consumerId}`,
    ],
  ])('when its model is %s meanwhile, in the words of any unknown model', async (_, change) => {
    const tenant = await aTenant(gateway, { limits: ['requests/day=5'] });
    const error = await admittedAfter(tenant, change(tenant));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ code: 'model_not_found', param: 'model' });
    expect((error as Error).message).toContain('does not exist or you do not have access to it');
    expect(await limitsOf(tenant)).toMatchObject([{ used: 0, held: 0 }]);
  });

  it('when its network is closed to the key meanwhile', async () => {
    const tenant = await aTenant(gateway, { limits: ['requests/day=5'], cidrs: ['127.0.0.0/8'] });
    const error = await admittedAfter(tenant, `update keys set cidrs = '{10.0.0.0/8}' ${keyOf(tenant)}`);
    expect(error).toMatchObject({ status: 403, code: 'ip_not_allowed', type: 'invalid_request_error' });
  });
});

it('a consumer that is disabled stops all below it at their next call, and only them', async () => {
  const top = await aTenant(gateway);
  const middle = await aTenant(gateway, { parentId: top.consumerId });
  const bottom = await aTenant(gateway, { parentId: middle.consumerId });
  for (const each of [top, middle, bottom]) await call(each);
  await write((db) => setConsumerStatus(db, middle.consumerId, 'disabled'));
  for (const each of [middle, bottom]) expect(await thrownBy(call(each))).toMatchObject({ status: 401 });
  await call(top);
  await write((db) => setConsumerStatus(db, middle.consumerId, 'active'));
  await call(bottom);
});

it('a key that is disabled stops at its next call, and goes on at the next when it is let on', async () => {
  const tenant = await aTenant(gateway);
  await call(tenant);
  await write((db) => setKeyStatus(db, tenant.keyId, 'disabled'));
  expect(await thrownBy(call(tenant))).toMatchObject({ status: 401, code: 'invalid_api_key' });
  await write((db) => setKeyStatus(db, tenant.keyId, 'active'));
  await call(tenant);
});
