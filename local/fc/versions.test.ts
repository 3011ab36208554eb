import { describe, expect, it } from 'vitest';
import { eventually } from './fixtures/eventually.ts';
import { aFunction } from './fixtures/fixture-function.ts';

/** Asks so often, one after the other; gives the version that answered each. */
async function answers(func: Awaited<ReturnType<typeof aFunction>>, count: number): Promise<string[]> {
  const versions: string[] = [];
  for (let asked = 0; asked < count; asked += 1) {
    const answer = await func.get('/echo');
    const { environment } = (await answer.json()) as { environment: Record<string, string> };
    const said = answer.headers.get('x-fc-invocation-function-version') ?? '';
    expect(environment.FC_FUNCTION_VERSION).toBe(said);
    versions.push(said);
  }
  return versions;
}

const countOf = (versions: string[], id: string) => versions.filter((version) => version === id).length;

describe('a function with versions', { timeout: 60_000 }, () => {
  it('is met as it stands until an alias is pointed', async () => {
    const func = await aFunction();
    expect(func.publishVersion()).toBe('1');
    expect(await answers(func, 2)).toEqual(['LATEST', 'LATEST']);
    func.pointAlias({ aliasName: 'prod', versionId: '1' });
    expect(await answers(func, 2)).toEqual(['1', '1']);
  });

  it('keeps in each what was published, and tells the function which one it is', async () => {
    const func = await aFunction({ environment: { NAME: 'as it stands' } });
    func.publishVersion();
    func.publishVersion({ environment: { NAME: 'changed' } });
    func.pointAlias({ aliasName: 'prod', versionId: '2' });
    const answer = await func.get('/echo', { headers: { 'x-fc-qualifier': 'forged' } });
    const { environment, rawHeaders } = (await answer.json()) as Record<string, never>;
    expect(environment).toMatchObject({ NAME: 'changed', FC_VER_ID: '2' });
    const headers = Object.fromEntries(pairs(rawHeaders ?? []));
    expect(headers).toMatchObject({ 'x-fc-version-id': '2', 'x-fc-qualifier': 'prod' });
    func.pointAlias({ aliasName: 'prod', versionId: '1' });
    expect(await (await func.get('/echo')).json()).toMatchObject({ environment: { NAME: 'as it stands' } });
  });

  it.each([
    [0.1, 2],
    [0.5, 10],
    [0.07, 1],
    [0, 0],
    [1, 20],
  ])('gives a share of %f of twenty calls to the other: %i', async (weight, count) => {
    const func = await aFunction();
    func.publishVersion();
    func.publishVersion();
    func.pointAlias({ aliasName: 'prod', versionId: '1', additionalVersionWeight: { 2: weight } });
    expect(countOf(await answers(func, 20), '2')).toBe(count);
  });

  it('moves the next calls with the weights, and leaves those under way where they are', async () => {
    const func = await aFunction();
    func.publishVersion();
    func.publishVersion();
    func.pointAlias({ aliasName: 'prod', versionId: '1' });
    const underWay = func.get('/wait?gate=end');
    await eventually(() => expect(func.lines()).toEqual(['waiting end']));
    func.pointAlias({ aliasName: 'prod', versionId: '2' });
    expect(await answers(func, 3)).toEqual(['2', '2', '2']);
    func.pointAlias({ aliasName: 'prod', versionId: '1' }); // and back
    await func.open('end');
    expect((await underWay).headers.get('x-fc-invocation-function-version')).toBe('1');
    expect(await answers(func, 1)).toEqual(['1']);
  });

  it('has its instances bounded over all of them', async () => {
    const func = await aFunction({ instanceConcurrency: 1, reservedConcurrency: 2 });
    func.publishVersion();
    func.publishVersion();
    const waiting: Promise<Response>[] = [];
    for (const versionId of ['1', '2']) {
      func.pointAlias({ aliasName: 'prod', versionId });
      waiting.push(func.get('/wait?gate=end'));
      await eventually(() => expect(func.lines()).toHaveLength(waiting.length));
    }
    expect(func.instances).toHaveLength(2);
    expect((await func.get('/echo')).status).toBe(429);
    for (const { port } of func.instances) await fetch(`http://127.0.0.1:${port}/open?gate=end`);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('does later in the version that was met', async () => {
    const func = await aFunction();
    func.publishVersion({ environment: { START: 'crash' } });
    func.publishVersion();
    func.pointAlias({ aliasName: 'prod', versionId: '2' });
    expect((await func.later('/echo')).status).toBe(202);
    func.pointAlias({ aliasName: 'prod', versionId: '1' });
    const [invocation] = func.asyncInvocations;
    await invocation?.over;
    expect(invocation?.status).toBe('Succeeded');
  });

  it('runs for a timer as it stands, and no share is counted by it', async () => {
    const sweep = { name: 'sweep', cronExpression: '@every 1m', payload: '' };
    const func = await aFunction({ timers: [sweep] });
    func.publishVersion();
    func.publishVersion();
    func.pointAlias({ aliasName: 'prod', versionId: '1', additionalVersionWeight: { 2: 0.5 } });
    expect(await func.fireTimer('sweep')).toBe(200);
    await eventually(() => expect(func.lines()).toHaveLength(1));
    expect(JSON.parse(func.lines()[0]!).headers).toMatchObject({
      'x-fc-version-id': 'LATEST',
      'x-fc-qualifier': 'LATEST',
    });
    expect(await answers(func, 2)).toEqual(['1', '2']);
  });

  it.each([
    ['a version that there is not', { versionId: '3' }, 'fixture has no version 3.'],
    [
      'another that there is not',
      { versionId: '1', additionalVersionWeight: { 3: 0.1 } },
      'has no version 3.',
    ],
    [
      'more than two',
      { versionId: '1', additionalVersionWeight: { 1: 0.1, 2: 0.1 } },
      'between two versions, not more',
    ],
    ['a share of itself', { versionId: '1', additionalVersionWeight: { 1: 0.1 } }, 'of another version'],
    ['more than all', { versionId: '1', additionalVersionWeight: { 2: 10 } }, 'from 0 to 1'],
  ])('refuses an alias to %s, and keeps the one before', async (_, alias, message) => {
    const func = await aFunction();
    func.publishVersion();
    func.publishVersion();
    func.pointAlias({ aliasName: 'prod', versionId: '2' });
    expect(() => func.pointAlias({ aliasName: 'prod', ...alias })).toThrow(message);
    expect(await answers(func, 1)).toEqual(['2']);
  });
});

function pairs(rawHeaders: string[]): [string, string][] {
  return rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1]!]] : []));
}
