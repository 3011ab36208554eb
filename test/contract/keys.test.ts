import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import { consumers } from '#shared/db/schema.ts';
import { aConsumer, aKey } from '../helpers/gateway.ts';
import { aServedGateway, ask, type ServedGateway } from '../helpers/served-gateway.ts';

let gateway: ServedGateway;

beforeAll(async () => {
  gateway = await aServedGateway();
});

const call = (headers: Record<string, string>, model = 'ollama/tiny') =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(ask(model)),
  });
const statusOf = async (key: string, model?: string) =>
  (await call({ authorization: `Bearer ${key}` }, model)).status;

const aKeyOf = (options: Parameters<typeof aKey>[2]) => aKey(gateway.database, gateway.pepper, options);
const aChild = (values: Parameters<typeof aConsumer>[1]) => aConsumer(gateway.database, values);
const change = (id: number, values: Partial<typeof consumers.$inferInsert>) =>
  gateway.database.write((db) => db.update(consumers).set(values).where(eq(consumers.id, id)));

describe('a key', () => {
  it.each<[string, (key: string) => Record<string, string>]>([
    ['as a bearer', (key) => ({ authorization: `Bearer ${key}` })],
    ['as a bearer in small letters', (key) => ({ authorization: `bearer ${key}` })],
    ['in x-api-key', (key) => ({ 'x-api-key': key })],
    ['in x-api-key beside another scheme', (key) => ({ 'x-api-key': key, authorization: 'Basic eDp5' })],
  ])('is taken %s', async (_, headers) => {
    expect((await call(headers(gateway.key))).status).toBe(200);
  });

  it.each<[string, (key: string) => Record<string, string>]>([
    ['nowhere', () => ({})],
    ['bare', (key) => ({ authorization: key })],
    ['as a basic password', (key) => ({ authorization: `Basic ${btoa(`:${key}`)}` })],
    ['behind a wrong bearer', (key) => ({ authorization: 'Bearer sk-x', 'x-api-key': key })],
    ['followed by another word', (key) => ({ authorization: `Bearer ${key} x` })],
    ['as a cookie', (key) => ({ cookie: `key=${key}` })],
  ])('is not taken %s', async (_, headers) => {
    const response = await call(headers(gateway.key));
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  });

  it('is never taken from the address, where logs would keep it', async () => {
    expect((await fetch(`${gateway.url}/v1/models?api_key=${gateway.key}`)).status).toBe(401);
  });

  it('has no comma, at which LobeChat would split it', () => {
    expect(gateway.key).toMatch(/^sk-[A-Za-z0-9-]+$/);
  });

  it('may use the models of its list, and no others', async () => {
    const key = await aKeyOf({ models: ['ollama/tiny'] });
    expect(await statusOf(key, 'ollama/tiny')).toBe(200);
    expect(await statusOf(key, 'openai/tiny')).toBe(404);
  });

  it('works until it expires', async () => {
    expect(await statusOf(await aKeyOf({ expiresAt: new Date(Date.now() + 3_600_000) }))).toBe(200);
    expect(await statusOf(await aKeyOf({ expiresAt: new Date(Date.now() - 1) }))).toBe(401);
  });
});

describe('a consumer below others', () => {
  it('is shut out, and let in again, with the very next call after one above it', async () => {
    const root = await aChild({});
    const parent = await aChild({ parentId: root });
    const key = await aKeyOf({ consumerId: await aChild({ parentId: parent }) });
    expect(await statusOf(key)).toBe(200);
    await change(root, { status: 'disabled' });
    expect(await statusOf(key)).toBe(401);
    await change(root, { status: 'active' });
    expect(await statusOf(key)).toBe(200);
  });

  it('may use what its own list and all lists above it have in common', async () => {
    const root = await aChild({ models: ['ollama/tiny', 'openai/tiny'] });
    const parent = await aChild({ parentId: root });
    const child = await aChild({ parentId: parent, models: ['ollama/tiny', 'ollama/seer'] });
    const key = await aKeyOf({ consumerId: child });
    const inherited = await aKeyOf({ consumerId: parent });
    const narrower = await aKeyOf({ consumerId: child, models: ['ollama/seer', 'openai/tiny'] });
    const models = ['ollama/tiny', 'openai/tiny', 'ollama/seer'];
    const reach = (each: string) => Promise.all(models.map((model) => statusOf(each, model)));
    expect(await reach(key)).toEqual([200, 404, 404]);
    expect(await reach(inherited)).toEqual([200, 200, 404]);
    expect(await reach(narrower)).toEqual([404, 404, 404]);
  });

  it('loses a model with the very next call after one above it did', async () => {
    const root = await aChild({});
    const key = await aKeyOf({ consumerId: await aChild({ parentId: root }) });
    expect(await statusOf(key)).toBe(200);
    await change(root, { models: ['openai/tiny'] });
    expect(await statusOf(key)).toBe(404);
  });
});
