import { NotFoundError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { receiptOf } from '../helpers/own-usage.ts';
import { aServedGateway, ask, type ServedGateway } from '../helpers/served-gateway.ts';
import { aKeyOf, aTenant, type Tenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;
let parent: Tenant;
let tenant: Tenant;
let child: Tenant;
/** Of a call of the tenant's. */
let requestId: string;

beforeAll(async () => {
  gateway = await aServedGateway({ cors: true });
  parent = await aTenant(gateway, { limits: ['tokens/total=987654321'] });
  tenant = await aTenant(gateway, { parentId: parent.consumerId, limits: ['requests/day=5'] });
  child = await aTenant(gateway, { parentId: tenant.consumerId });
  requestId = await call(tenant);
});

async function call({ client }: Tenant): Promise<string> {
  const { response } = await client.chat.completions.create(ask('ollama/tiny')).withResponse();
  return response.headers.get('x-request-id')!;
}

const read = (path: string, key?: string) =>
  fetch(`${gateway.url}/v1/usage${path}`, {
    headers: {
      origin: 'https://chat.example.com',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
  });

describe('a receipt', () => {
  it('is shown to each key of the consumer that made the call', async () => {
    const other = await aKeyOf(gateway, tenant.consumerId);
    expect(await receiptOf(other, requestId)).toEqual(await receiptOf(tenant, requestId));
  });

  it('is found by the id as it is and as a UUID, whatever its case', async () => {
    const receipt = await receiptOf(tenant, requestId);
    const hex = requestId.slice(4);
    const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    for (const name of [hex, uuid, uuid.toUpperCase(), `req_${hex.toUpperCase()}`]) {
      expect(await receiptOf(tenant, name)).toEqual(receipt);
    }
  });

  it('is not there for anyone else, in the words for one that never was', async () => {
    const stranger = await aTenant(gateway);
    const wordsFor = async ({ client }: Tenant, id: string) => {
      const error = await thrownBy(client.get(`/usage/${id}`));
      expect(error).toBeInstanceOf(NotFoundError);
      const { message, code, type, param } = error as NotFoundError;
      expect({ code, type, param }).toEqual({ code: null, type: 'invalid_request_error', param: null });
      return message.replace(/`.*`/, '');
    };
    const unknown = await wordsFor(tenant, `req_${'0'.repeat(32)}`);
    for (const each of [parent, child, stranger]) expect(await wordsFor(each, requestId)).toBe(unknown);
  });

  it.each([
    'req_1',
    'no id',
    '%00',
    "'; select 1",
    `${'x'.repeat(3000)}`,
    'req_%ff',
    `req_${'g'.repeat(32)}`,
  ])('is not there for what is no id: %.20s', async (id) => {
    const response = await read(`/${id}`, tenant.key);
    expect(response.status).toBe(404);
    const { error } = (await response.json()) as { error: { message: string } };
    expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
    expect(error.message.length).toBeLessThan(300);
  });

  it('says nothing of others: no name of an upstream, no limit, no router', async () => {
    const [hold] = await gateway.database.read((db) =>
      db.execute<{ router_id: string; upstream: string; line_limit: number[] }>(
        `select router_id, upstream, to_jsonb(line_limit) as line_limit from receipts where request_id = '${requestId.slice(4)}'`,
      ),
    );
    const text = await (await read(`/${requestId}`, tenant.key)).text();
    expect(hold!.line_limit).toHaveLength(2);
    for (const secret of [hold!.router_id, hold!.upstream, gateway.fake.url, '987654321', 'limit']) {
      expect(text).not.toContain(secret);
    }
  });
});

describe('both paths', () => {
  it.each(['', `/req_${'0'.repeat(32)}`])('want a key, as all else does: /v1/usage%s', async (path) => {
    for (const key of [undefined, 'sk-wrong']) {
      const response = await read(path, key);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
    }
  });

  it('can be read by a page', async () => {
    for (const path of ['', `/${requestId}`, '/none']) {
      const { headers } = await read(path, tenant.key);
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('content-type')).toBe('application/json');
      expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
    }
  });

  it('are for reading alone', async () => {
    const headers = { authorization: `Bearer ${tenant.key}` };
    const response = await fetch(`${gateway.url}/v1/usage`, { method: 'POST', headers });
    expect(response.status).toBe(404);
  });
});
