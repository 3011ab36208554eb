import { describe, expect, it } from 'vitest';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';
import { tenancyOf } from '../helpers/tenancy.ts';

const url = await aDatabaseUrl();
const sublet = new Sublet(url);
const a = tenancyOf(connectedTo(url));

describe('a consumer', () => {
  it('is changed in what is named, and in nothing else', async () => {
    const { id } = await a.consumer('old', { models: ['a'] });
    const { consumer } = await sublet.json('consumers', 'set', 'old', '--name', 'new', '--time-zone', 'UTC');
    expect(consumer).toMatchObject({ id, name: 'new', timeZone: 'UTC', models: ['a'] });
    expect((await sublet.json('consumers', 'set', 'new', '--all-models')).consumer.models).toBeNull();
  });

  it('keeps its parent', async () => {
    expect(await sublet.refusal('consumers', 'set', 'plain', '--parent', 'parent')).toMatchObject({
      exit: 2,
      message: "Unknown option '--parent'",
    });
    expect(await sublet.refusal('consumers', 'set', 'plain')).toMatchObject({ exit: 2 });
  });

  it('binds those below it when it may use less, and says whom', async () => {
    const wide = await a.consumer('wide', { models: ['a', 'b'] });
    const child = await a.consumer('wide child', { parentId: wide.id, models: ['a', 'b'] });
    const key = await a.key(child.id, { models: ['b'] });
    await a.consumer('modest child', { parentId: wide.id, models: ['a'] });
    const { bound } = await sublet.json('consumers', 'set', 'wide', '--models', 'a');
    expect(bound).toEqual([
      { kind: 'consumer', id: child.id, name: 'wide child' },
      { kind: 'key', id: key.id, name: 'test' },
    ]);
  });

  it('is disabled with all below it, and enabled again', async () => {
    const { id: parentId } = await a.consumer('stopped');
    await a.consumer('stopped child', { parentId });
    expect((await sublet.json('consumers', 'disable', 'stopped')).consumer.status).toBe('disabled');
    expect((await sublet.json('consumers', 'show', 'stopped child')).consumer).toMatchObject({
      status: 'active',
      usable: false,
    });
    await sublet.text('consumers', 'enable', 'stopped');
    expect((await sublet.json('consumers', 'show', 'stopped child')).consumer.usable).toBe(true);
  });

  it('is named by id where several bear its name', async () => {
    const one = await a.consumer('twin');
    const other = await a.consumer('twin', { parentId: one.id });
    const refusal = await sublet.refusal('consumers', 'show', 'twin');
    expect(refusal).toMatchObject({ exit: 1, code: 'ambiguous' });
    expect(refusal.message).toContain(`${one.id} (twin)`);
    expect(refusal.message).toContain(`${other.id} (twin / twin)`);
    expect((await sublet.json('consumers', 'show', String(other.id))).consumer.id).toBe(other.id);
  });
});

describe('a consumer that is to be retired', () => {
  it('is not while something is left below it', async () => {
    const { id } = await a.consumer('landlord');
    const child = await a.consumer('tenant', { parentId: id });
    expect(await sublet.refusal('consumers', 'retire', 'landlord')).toEqual({
      exit: 1,
      code: 'wrong_state',
      message: `Consumer 'landlord' (${id}) still has consumer 'tenant' (${child.id}). End them first, or retire it with all that is below it.`,
    });
  });

  it('takes all below it along with --recursive, stays in the books, and never comes back', async () => {
    const { consumer: tenant } = await sublet.json('consumers', 'show', 'tenant');
    const key = await a.key(tenant.id);
    const { consumer, alsoEnded } = await sublet.json('consumers', 'retire', 'landlord', '--recursive');
    expect(consumer.status).toBe('retired');
    expect(alsoEnded.map((each: { kind: string }) => each.kind)).toEqual(['consumer', 'key']);
    expect((await sublet.json('keys', 'show', String(key.id))).key).toMatchObject({
      status: 'revoked',
      usable: false,
    });
    expect((await sublet.json('consumers', 'show', 'tenant')).consumer.status).toBe('retired');
    const refused = { exit: 1, code: 'wrong_state' };
    expect(await sublet.refusal('consumers', 'enable', 'landlord')).toMatchObject(refused);
    expect(await sublet.refusal('consumers', 'create', 'late', '--parent', 'landlord')).toMatchObject(
      refused,
    );
    expect(await sublet.refusal('keys', 'create', '--consumer', 'landlord', '--name', 'x')).toMatchObject(
      refused,
    );
    expect(await sublet.refusal('limits', 'set', '--consumer', 'landlord', 'parallel=1')).toMatchObject(
      refused,
    );
  });
});
