import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { models } from '#shared/db/schema.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';
import { tenancyOf } from '../helpers/tenancy.ts';

const url = await aDatabaseUrl();
const database = connectedTo(url);
const sublet = new Sublet(url);
const a = tenancyOf(database);
const run = (statement: ReturnType<typeof sql>) => database.write((db) => db.execute(statement));
await database.write((db) => db.insert(models).values({ name: 'm' }));

/** Admits calls, as a router does. */
async function admit(keyId: number, count: number): Promise<string[]> {
  const calls = Array.from({ length: count }, () => ({
    ...{
      id: randomUUID(),
      router: randomUUID(),
      key: keyId,
      address: null,
      model: 'm',
      messages: 1,
      tools: 0,
      images: 0,
    },
    ...{ bytes: 40, latin: 40, cjk: 0, other: 0, output: 100, choices: 1, endUser: null, tag: null },
  }));
  const [row] = await run(sql`select admit_v2(${JSON.stringify(calls)}::jsonb) as verdicts`);
  expect(row!.verdicts).toMatchObject(calls.map(() => ({ verdict: 'admitted' })));
  return calls.map((call) => call.id);
}

describe('ledger check', () => {
  it('finds nothing while calls are open and limits are changed under them', async () => {
    const consumer = await a.consumer('busy', { limits: ['tokens/total=100000', 'parallel=30'] });
    const key = await a.key(consumer.id, { limits: ['requests/day=1000'] });
    await admit(key.id, 20);
    await sublet.text('limits', 'set', '--consumer', 'busy', 'tokens/total=10', 'parallel=2');
    await sublet.text('keys', 'rotate', String(key.id));
    expect(await sublet.run('ledger', 'check')).toEqual({
      code: 0,
      stdout: 'The ledger is right.\n',
      stderr: '',
    });
    expect(await sublet.json('ledger', 'check')).toEqual({ drift: [] });
    const { limits } = await sublet.json('limits', 'list', '--key', String(key.id), '--path');
    expect(limits.map((each: { metric: string; held: number }) => [each.metric, each.held > 0])).toEqual([
      ['parallel', true],
      ['tokens', true],
      ['requests', true],
    ]);
  });

  it('ends with 1 and shows what is not as it should be', async () => {
    await run(sql`update limits set used = used + 7 where metric = 'tokens'`);
    const { code, stdout } = await sublet.run('ledger', 'check', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout).drift).toContainEqual(
      expect.objectContaining({ kind: 'used', expected: 0, found: 7 }),
    );
    expect((await sublet.run('ledger', 'check')).stdout).toMatch(/^used +limit \d+, .* +0 +7$/m);
    await run(sql`update limits set used = used - 7 where metric = 'tokens'`);
  });
});

describe('ledger sweep', () => {
  it('closes all holds whose lease is over, and no others', async () => {
    await run(sql`update ledger_policy set expiry_grace_ms = 0, restart_grace_ms = 0`);
    const open = await a.consumer('open');
    const [alive] = await admit((await a.key(open.id)).id, 1);
    await run(sql`update holds set lease_end = now() - interval '1 minute' where request_id <> ${alive}`);
    await run(sql`update holds set lease_end = now() + interval '1 day' where request_id = ${alive}`);
    expect(await sublet.text('ledger', 'sweep')).toBe('20 holds have expired.\n');
    expect(await sublet.json('ledger', 'sweep')).toEqual({ expired: 0, more: false });
    const left = await run(sql`select request_id from holds`);
    expect([...left]).toEqual([{ request_id: alive }]);
    expect(await sublet.refusal('usage', 'receipt', alive!)).toMatchObject({ exit: 1, code: 'wrong_state' });
    expect(await sublet.json('ledger', 'check')).toEqual({ drift: [] });
  });
});
