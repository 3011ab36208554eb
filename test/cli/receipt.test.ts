import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';
import { tenancyOf } from '../helpers/tenancy.ts';

const url = await aDatabaseUrl();
const database = connectedTo(url);
const sublet = new Sublet(url);
const a = tenancyOf(database);

const root = await a.consumer('root', { limits: ['tokens/day=1000'] });
const child = await a.consumer('child', { parentId: root.id });
const key = await a.key(child.id);

describe('a receipt', () => {
  const UUID = '0198f2c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f';

  it('is found by the id that callers see, and by its UUID', async () => {
    await database.write((db) =>
      db.execute(sql`
        insert into receipts (request_id, key_id, consumer_id, root_id, model, price_version, prompt_est, prompt_held, out_held,
               strict, latin, cjk, other, messages, images, admitted_at, line_limit, line_start, line_amount, line_excess,
               outcome, final, source, prompt, output, cost, closed_at)
        select ${UUID}, ${key.id}, ${child.id}, ${root.id}, 'a', 1, 8, 8, 64, false, 30, 0, 0, 1, 0, now(),
               array[id], array[starts_at], array[15], array[0], 'settled', true, 'reported', 9, 6, 2500000, now() from limits`),
    );
    const { receipt } = await sublet.json('usage', 'receipt', 'req_0198f2c0a1b27c3d8e4f5a6b7c8d9e0f');
    expect(receipt).toMatchObject({
      requestId: 'req_0198f2c0a1b27c3d8e4f5a6b7c8d9e0f',
      consumer: { id: child.id, name: 'child' },
      model: 'a',
      outcome: 'settled',
      final: true,
      prompt: 9,
      output: 6,
      cost: 2_500_000,
      lines: [{ metric: 'tokens', window: 'day', amount: 15, owner: { kind: 'consumer', name: 'root' } }],
    });
    expect(await sublet.json('usage', 'receipt', UUID.toUpperCase())).toEqual({ receipt });
    const text = await sublet.text('usage', 'receipt', UUID);
    expect(text).toMatch(/^cost +2\.50 yuan \(price 1\)$/m);
    expect(text).toMatch(/^tokens\/day +consumer root \(\d+\) +15 /m);
  });

  it.each([
    ['req_00000000000070008000000000000000', 'not_found'],
    ['req_1234', 'invalid'],
  ])('of %s is not to be had: %s', async (id, code) => {
    expect(await sublet.refusal('usage', 'receipt', id)).toMatchObject({ exit: 1, code });
  });
});
