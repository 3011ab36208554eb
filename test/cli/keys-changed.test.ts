import { describe, expect, it } from 'vitest';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';
import { callerLetInBy, letInBy, tenancyOf } from '../helpers/tenancy.ts';

const url = await aDatabaseUrl();
const database = connectedTo(url);
const sublet = new Sublet(url);
const a = tenancyOf(database);
const acme = await a.consumer('acme', { models: ['a', 'b'], limits: ['tokens/month=1000'] });

const keyLetInBy = (token: string) => letInBy(database, token);

describe('a key', () => {
  it('is disabled and enabled', async () => {
    const key = await a.key(acme.id);
    expect((await sublet.json('keys', 'disable', key.prefix)).key).toMatchObject({
      status: 'disabled',
      usable: false,
    });
    expect(await keyLetInBy(key.token)).toBeUndefined();
    expect((await sublet.json('keys', 'enable', key.prefix)).key).toMatchObject({
      status: 'active',
      usable: true,
    });
    expect(await keyLetInBy(key.token)).toBe(key.id);
  });

  it('is changed in what is named, and bounds are taken away', async () => {
    const key = await a.key(acme.id, {
      models: ['a'],
      cidrs: ['10.0.0.0/8'],
      expiry: { afterMs: 3_600_000 },
    });
    const set = async (...args: string[]) => (await sublet.json('keys', 'set', String(key.id), ...args)).key;
    expect(await set('--name', 'phone', '--models', 'b')).toMatchObject({
      name: 'phone',
      models: ['b'],
      cidrs: ['10.0.0.0/8'],
      expiresAt: key.expiresAt,
    });
    expect(await set('--all-models', '--any-address', '--expires', 'never')).toMatchObject({
      models: null,
      cidrs: null,
      expiresAt: null,
    });
    expect(await sublet.refusal('keys', 'set', String(key.id), '--models', 'c')).toMatchObject({ exit: 1 });
    expect(await sublet.refusal('keys', 'set', String(key.id))).toMatchObject({ exit: 2 });
    expect(
      await sublet.refusal('keys', 'set', String(key.id), '--models', 'a', '--all-models'),
    ).toMatchObject({ exit: 2 });
  });

  it('is given a right and loses it, whatever else changes', async () => {
    const made = ['keys', 'create', '--consumer', 'acme', '--name', 'puller', '--right', 'pull'];
    const { key, token } = await sublet.json(...made);
    expect(key.rights).toEqual(['pull']);
    const rightsOf = async () => (await callerLetInBy(database, token))?.rights;
    expect(await rightsOf()).toEqual(['pull']);
    const id = String(key.id);
    await sublet.text('keys', 'set', id, '--name', 'renamed');
    expect(await sublet.text('keys', 'show', id)).toMatch(/^rights +to call models, pull$/m);
    expect(await sublet.text('keys', 'list')).toMatch(/ renamed .* never +pull$/m);
    expect((await sublet.json('keys', 'set', id, '--right', 'none')).key.rights).toEqual([]);
    expect(await rightsOf()).toEqual([]);
    expect(await sublet.refusal('keys', 'set', id, '--right', 'push')).toMatchObject({
      exit: 2,
      message: expect.stringContaining("'push' is no right"),
    });
  });

  it('is listed with its consumer’s, revoked ones when asked', async () => {
    const other = await a.consumer('other');
    const [kept, gone] = [await a.key(other.id), await a.key(other.id)];
    await sublet.text('keys', 'revoke', String(gone.id));
    const ids = ({ keys }: { keys: { id: number }[] }) => keys.map((each) => each.id);
    expect(ids(await sublet.json('keys', 'list', '--consumer', 'other'))).toEqual([kept.id]);
    expect(ids(await sublet.json('keys', 'list', '--consumer', 'other', '--all'))).toEqual([
      kept.id,
      gone.id,
    ]);
    expect(await sublet.text('keys', 'list', '--consumer', 'other')).toMatch(
      /^\d+ +sk-\w{12} +test +other \(\d+\) +active +never$/m,
    );
  });

  it('that is not found is not repeated, for it may be a secret', async () => {
    const { token } = await a.key(acme.id);
    const mistyped = `${token.slice(0, 4)}XXXXXXXX${token.slice(12)}`;
    const refusal = await sublet.refusal('keys', 'show', mistyped);
    expect(refusal).toMatchObject({ exit: 1, code: 'not_found' });
    expect(refusal.message).not.toContain(token.slice(16));
  });
});
