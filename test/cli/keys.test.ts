import { describe, expect, it } from 'vitest';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { PEPPER, Sublet } from '../helpers/sublet.ts';
import { letInBy, tenancyOf } from '../helpers/tenancy.ts';

const url = await aDatabaseUrl();
const database = connectedTo(url);
const sublet = new Sublet(url);
const a = tenancyOf(database);
const acme = await a.consumer('acme', { models: ['a', 'b'], limits: ['tokens/month=1000'] });

const keyLetInBy = (token: string) => letInBy(database, token);

describe('a new key', () => {
  it('is printed once, with its token on a line of its own, and lets its consumer in', async () => {
    const { code, stdout, stderr } = await sublet.run(
      'keys',
      'create',
      '--consumer',
      'acme',
      '--name',
      'laptop',
    );
    expect(code).toBe(0);
    expect(stderr).toBe('This is the only time that the token is shown.\n');
    const token = stdout.trimEnd().split('\n').at(-1)!;
    const { keys } = await sublet.json('keys', 'list');
    expect(keys).toMatchObject([
      { name: 'laptop', prefix: token.slice(0, 15), usable: true, expiresAt: null },
    ]);
    expect(await keyLetInBy(token)).toBe(keys[0].id);
    const shownLater = [
      await sublet.text('keys', 'list'),
      await sublet.text('keys', 'show', String(keys[0].id)),
      await sublet.text('keys', 'show', token, '--json'),
    ].join('');
    expect(shownLater).not.toContain(token.slice(16));
    expect(stdout + shownLater).not.toContain(PEPPER);
  });

  it('has the rights it was given, and its own limits', async () => {
    const rights = [
      '--models',
      'b',
      '--expires',
      '30d',
      '--cidr',
      '10.0.0.0/8,2001:db8::1',
      '--cidr',
      '192.0.2.1',
    ];
    const args = [
      '--consumer',
      String(acme.id),
      '--name',
      'bound',
      ...rights,
      '--limit',
      'tokens/month=10,parallel=2',
    ];
    const { key, token, limits } = await sublet.json('keys', 'create', ...args);
    expect(key).toMatchObject({ models: ['b'], cidrs: ['10.0.0.0/8', '2001:db8::1/128', '192.0.2.1/32'] });
    expect(Date.parse(key.expiresAt) - Date.parse(key.createdAt)).toBe(30 * 86_400_000);
    expect(limits).toHaveLength(2);
    expect(await keyLetInBy(token)).toBe(key.id);
  });

  it('that ends with a day ends where its consumer is', async () => {
    const { key } = await sublet.json(
      'keys',
      'create',
      '--consumer',
      'acme',
      '--name',
      'x',
      '--expires',
      '2999-12-31',
    );
    expect(key.expiresAt).toBe('2999-12-31T16:00:00.000Z');
  });

  it.each([
    [['--models', 'a,c'], 1, `Consumer 'acme' (${acme.id}) may not use c, so nothing below it may.`],
    [['--expires', '2020-01-01'], 1, 'A key cannot end in the past; to end it now, revoke it.'],
    [
      ['--cidr', '10.0.0.1/8'],
      1,
      '10.0.0.1/8 is an address in 10.0.0.0/8: write that, or 10.0.0.1 for it alone.',
    ],
    [
      ['--limit', 'tokens/month=1001'],
      1,
      /^Key 'x' \(\d+\) cannot have tokens\/month=1001: above it, consumer 'acme' \(\d+\) has tokens\/month=1000\.$/,
    ],
    [['--cidr', '10.0.0.0/33'], 2, /'10\.0\.0\.0\/33' is no network/],
    [['--expires', 'soon'], 2, /'soon' is no time to end at/],
    [['--expires', '2026-02-30'], 2, /'2026-02-30' is no time to end at/],
  ])('is refused with %j, and not made', async (args, exit, message) => {
    const refusal = await sublet.refusal('keys', 'create', '--consumer', 'acme', '--name', 'x', ...args);
    expect(refusal).toMatchObject({
      exit,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });

  it('needs the pepper of the routers', async () => {
    const refusal = await new Sublet(url, { KEY_PEPPER: '' }).refusal(
      'keys',
      'create',
      '--consumer',
      'acme',
      '--name',
      'x',
    );
    expect(refusal).toMatchObject({ exit: 1, code: 'no_pepper' });
  });
});
