import { describe, expect, it } from 'vitest';
import { models } from '#shared/db/schema.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';

const url = await aDatabaseUrl();
const sublet = new Sublet(url);
await connectedTo(url).write((db) => db.insert(models).values([{ name: 'a' }, { name: 'b' }]));

const set = (model: string, input: string, output: string) =>
  sublet.json('prices', 'set', model, '--input', input, '--output', output);

describe('a price', () => {
  it('is a new version each time it changes, in exact micro-yuan, and none when it does not', async () => {
    expect(await set('a', '0.5', '2')).toMatchObject({
      isNew: true,
      price: { version: 1, input: 500_000, output: 2_000_000 },
    });
    expect(await set('a', '0.500000', '2.0')).toMatchObject({ isNew: false, price: { version: 1 } });
    expect(await set('a', '0.000001', '0')).toMatchObject({
      isNew: true,
      price: { version: 2, input: 1, output: 0 },
    });
    expect(await set('a', '0.5', '2')).toMatchObject({ isNew: true, price: { version: 3, current: true } });
    const { prices } = await sublet.json('prices', 'list', '--model', 'a');
    expect(prices.map((each: { version: number; current: boolean }) => [each.version, each.current])).toEqual(
      [
        [1, false],
        [2, false],
        [3, true],
      ],
    );
  });

  it('gets one version each when several set it at once', async () => {
    await Promise.all(['1', '2', '3'].map((input) => set('b', input, '0')));
    const { prices } = await sublet.json('prices', 'list', '--model', 'b');
    expect(prices.map((each: { version: number }) => each.version)).toEqual([1, 2, 3]);
  });

  it('is shown to a person in yuan per million tokens', async () => {
    expect(await sublet.text('prices', 'list')).toMatch(/^a +2 +0\.000001 yuan\/M +0\.00 yuan\/M /m);
  });

  it.each([
    ['nobody', '1', '1', 1, "The catalog has no model 'nobody'."],
    ['a', '1.0000001', '1', 2, /at most 6 decimals/],
    ['a', '-1', '1', 2, /no sum of yuan/],
    ['a', '1', '1000001', 2, 'Output must be at most 1000000 yuan per million tokens'],
  ])('of %s is not %s and %s', async (model, input, output, exit, message) => {
    expect(await sublet.refusal('prices', 'set', model, '--input', input, '--output', output)).toMatchObject({
      exit,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });
});
