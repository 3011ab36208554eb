import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';
import { letInBy, tenancyOf } from '../helpers/tenancy.ts';

const url = await aDatabaseUrl();
const database = connectedTo(url);
const sublet = new Sublet(url);
const a = tenancyOf(database);
const acme = await a.consumer('acme', { models: ['a', 'b'], limits: ['tokens/month=1000'] });

const keyLetInBy = (token: string) => letInBy(database, token);

describe('a key that is rotated', () => {
  const used = (keyId: number) =>
    database.write((db) => db.execute(sql`update limits set used = 7, held = 2 where key_id = ${keyId}`));

  it('stays the same key, with what its limits have counted, and both tokens work for the grace', async () => {
    const key = await a.key(acme.id, { models: ['a'], limits: ['tokens/day=10'] });
    await used(key.id);
    const rotated = await sublet.json('keys', 'rotate', String(key.id), '--grace', '1h');
    expect(rotated.token).not.toBe(key.token);
    expect(rotated.key).toMatchObject({ id: key.id, models: ['a'], formerTokens: [{ prefix: key.prefix }] });
    const { limits } = await sublet.json('limits', 'list', '--key', key.prefix);
    expect(limits).toMatchObject([{ used: 7, held: 2, left: 1 }]);
    expect(await keyLetInBy(rotated.token)).toBe(key.id);
    expect(await keyLetInBy(key.token)).toBe(key.id);
  });

  it('lets nobody in by tokens of before when there is no grace, nor by older ones', async () => {
    const key = await a.key(acme.id);
    const second = await sublet.json('keys', 'rotate', String(key.id));
    const third = await sublet.json('keys', 'rotate', String(key.id), '--grace', '0');
    expect(third.key.formerTokens).toEqual([]);
    expect(await keyLetInBy(key.token)).toBeUndefined();
    expect(await keyLetInBy(second.token)).toBeUndefined();
    expect(await keyLetInBy(third.token)).toBe(key.id);
  });

  it('ends with all its tokens when it is revoked, by whichever of them it is named', async () => {
    const key = await a.key(acme.id);
    const { token } = await sublet.json('keys', 'rotate', String(key.id));
    expect((await sublet.json('keys', 'revoke', key.token)).key).toMatchObject({
      id: key.id,
      status: 'revoked',
    });
    expect(await keyLetInBy(key.token)).toBeUndefined();
    expect(await keyLetInBy(token)).toBeUndefined();
    expect(await sublet.refusal('keys', 'rotate', String(key.id))).toMatchObject({
      exit: 1,
      code: 'wrong_state',
    });
    expect(await sublet.refusal('keys', 'enable', String(key.id))).toMatchObject({
      exit: 1,
      code: 'wrong_state',
    });
    expect((await sublet.json('keys', 'revoke', String(key.id))).key.status).toBe('revoked');
  });

  it('is not one that has expired', async () => {
    const key = await a.key(acme.id, { expiry: { afterMs: 3_600_000 } });
    await database.write((db) => db.execute(sql`update keys set expires_at = now() where id = ${key.id}`));
    expect(await sublet.refusal('keys', 'rotate', String(key.id))).toMatchObject({
      exit: 1,
      code: 'wrong_state',
    });
    expect(await sublet.text('keys', 'show', String(key.id))).toMatch(/^status +expired$/m);
  });
});
