import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImageBuckets } from '../../functions/router/images/image-buckets.ts';
import { type ImageSettings, Images } from '../../functions/router/images/images.ts';
import { resolveImages } from '../../functions/router/images/resolve-images.ts';
import type { Call } from '../../shared/protocol/call.ts';
import type { Image, Prompt } from '../../shared/protocol/prompt.ts';
import type { Task } from '../../shared/protocol/task.ts';
import { type FakeOss, startFakeOss } from '../fakes/oss/fake-oss.ts';

const ACCOUNT = { accessKeyId: 'STS.id', accessKeySecret: 'secret', securityToken: 'token' };
const PLACE = { bucket: 'lobe-files', region: 'cn-hangzhou' };
const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(1000, 7)]);
const never = new AbortController().signal;

let oss: FakeOss;
beforeAll(async () => {
  oss = await startFakeOss({ ...PLACE, account: ACCOUNT });
  oss.put('files/cat.png', PNG, { contentType: 'text/html' }); // its type is told by its bytes alone
  oss.put('files/page.png', Buffer.from('<html>'), { contentType: 'image/png' });
  oss.put('secret/cat.png', PNG);
});
afterAll(() => oss.stop());

const images = (settings: Partial<ImageSettings> = {}) =>
  new Images({
    buckets: ImageBuckets.parse(JSON.stringify([{ ...PLACE, prefixes: ['files/'], endpoint: oss.endpoint }])),
    credentials: ACCOUNT,
    limitBytes: 10_000,
    callLimit: 100_000,
    timeoutMs: 20_000,
    parallel: 8,
    ...settings,
  });

const byAddress = (url: string, param = 'p'): Image => ({ type: 'url', url, param });
const promptOf = (...all: Image[]): Prompt => ({
  messages: [
    { role: 'system', text: 'Look.' },
    { role: 'user', text: 'What?', images: all },
  ],
  tools: [],
  toolChoice: 'auto',
  sampling: {},
  demands: [],
});
const aCall = (task: Task): Call => ({
  model: 'm',
  stream: false,
  choices: 1,
  task,
  size: () => ({ bytes: 0, latin: 0, cjk: 0, other: 0, messages: 0, tools: 0, images: 0 }),
  writer: () => ({ piece: () => '', ending: () => '' }),
});
const chat = (...all: Image[]) => aCall({ kind: 'chat', read: () => promptOf(...all) });

/** The images of a call, as they are after all that are named by address were read. */
async function resolved(all: Image[], settings: Partial<ImageSettings> = {}, signal = never) {
  const { task } = await resolveImages(chat(...all), images(settings), signal);
  return (
    task.kind === 'chat' &&
    task.read().messages.flatMap((message) => ('images' in message ? message.images : []))
  );
}
const base64 = PNG.toString('base64');
const cat = () => oss.addressOf('files/cat.png');

describe('an image in the operator’s object storage', () => {
  it('is read with the operator’s credential, whatever the address says of signatures', async () => {
    const addresses = [cat(), `${cat()}?Expires=1&OSSAccessKeyId=guess&Signature=guess`];
    for (const address of addresses)
      expect(await resolved([byAddress(address)])).toEqual([{ type: 'base64', data: base64, param: 'p' }]);
  });

  it('stands where its address stood, among those that came as they are', async () => {
    const given: Image = { type: 'base64', data: 'AAAA', param: 'a' };
    const all = [given, byAddress(cat(), 'b'), given, byAddress(cat(), 'c')];
    const before = oss.requests.length;
    const read = { type: 'base64', data: base64 };
    expect(await resolved(all)).toEqual([given, { ...read, param: 'b' }, given, { ...read, param: 'c' }]);
    expect(oss.requests).toHaveLength(before + 1); // the same address is read once
  });

  it('is read for a text as for a chat', async () => {
    const prompt = { text: '', raw: false, sampling: {}, demands: [], images: [byAddress(cat())] };
    const call = aCall({ kind: 'generate', read: () => prompt });
    const { task } = await resolveImages(call, images(), never);
    expect(task.read()).toEqual({ ...prompt, images: [{ type: 'base64', data: base64, param: 'p' }] });
  });

  it('is read once, however often the prompt is read again', async () => {
    const call = await resolveImages(chat(byAddress(cat())), images(), never);
    const before = oss.requests.length;
    expect((await resolveImages(call, images(), never)).task.read()).toEqual(call.task.read());
    expect(oss.requests).toHaveLength(before);
  });

  it('may come without its length, and be as long as is allowed', async () => {
    oss.fail('files/cat.png', { kind: 'no-length' });
    expect(await resolved([byAddress(cat())], { limitBytes: PNG.length })).toHaveLength(1);
  });
});

it('a call without any is left as it is, and so is one where the operator has named no bucket', async () => {
  const call = chat({ type: 'base64', data: 'AAAA', param: 'p' });
  expect((await resolveImages(call, images(), never)).task.read()).toEqual(call.task.read());
  const named = chat(byAddress(cat()));
  expect(await resolveImages(named, images({ buckets: [] }), never)).toBe(named);
  const embed = aCall({ kind: 'embed', read: () => ({ texts: [], truncate: true, demands: [] }) });
  expect(await resolveImages(embed, images(), never)).toBe(embed);
});

describe('an image is refused', () => {
  it.each<[string, () => string, string]>([
    ['elsewhere', () => 'http://169.254.169.254/files/cat.png', 'unsupported_parameter'],
    ['outside of the prefixes', () => oss.addressOf('secret/cat.png'), 'unsupported_parameter'],
    ['that is not there', () => oss.addressOf('files/none.png'), 'invalid_request'],
    ['that is none', () => oss.addressOf('files/page.png'), 'invalid_request'],
  ])('%s', async (_, address, failure) => {
    const before = oss.requests.length;
    await expect(resolved([byAddress(address(), 'messages[1].x')])).rejects.toMatchObject({
      failure,
      param: 'messages[1].x',
    });
    expect(oss.requests.length - before).toBe(failure === 'unsupported_parameter' ? 0 : 1);
  });

  it('that the operator’s credential may not read, in the same words as one that is not there', async () => {
    const words = [];
    for (const credentials of [ACCOUNT, { ...ACCOUNT, accessKeySecret: 'wrong' }]) {
      const address = oss.addressOf('files/none.png');
      const thrown: unknown = await resolved([byAddress(address)], { credentials }).catch((error) => error);
      words.push((thrown as Error).message);
    }
    expect(words[0]).toBe(words[1]);
  });

  it('that has moved, without a look at the place it moved to', async () => {
    oss.put('files/moved.png', PNG);
    oss.fail('files/moved.png', { kind: 'redirect', to: cat() });
    const before = oss.requests.length;
    await expect(resolved([byAddress(oss.addressOf('files/moved.png'))])).rejects.toMatchObject({
      failure: 'invalid_request',
    });
    expect(oss.requests).toHaveLength(before + 1);
  });

  it.each(['with', 'without'])('that is too large, %s its length told', async (told) => {
    if (told === 'without') oss.fail('files/cat.png', { kind: 'no-length' });
    await expect(resolved([byAddress(cat())], { limitBytes: PNG.length - 1 })).rejects.toMatchObject({
      failure: 'request_too_large',
    });
  });

  it('when all of a call together are too large, those that came as they are among them', async () => {
    const callLimit = 2 * base64.length;
    const other = `${cat()}?x`;
    const given: Image = { type: 'base64', data: 'AAAA', param: 'a' };
    expect(await resolved([byAddress(cat()), byAddress(other)], { callLimit })).toHaveLength(2);
    const tooMany = [given, byAddress(cat()), byAddress(other)];
    await expect(resolved(tooMany, { callLimit })).rejects.toMatchObject({ failure: 'request_too_large' });
    const twice = [given, byAddress(cat()), byAddress(cat())];
    await expect(resolved(twice, { callLimit })).rejects.toMatchObject({ failure: 'request_too_large' });
  });

  it('when there are too many, before any is read', async () => {
    const before = oss.requests.length;
    const many = Array.from({ length: 65 }, (_, at) => byAddress(`${cat()}?${at}`));
    await expect(resolved(many)).rejects.toMatchObject({ failure: 'invalid_request' });
    expect(oss.requests).toHaveLength(before);
  });
});

describe('a store that', () => {
  it.each<[string, Parameters<FakeOss['fail']>[1]]>([
    ['says nothing', { kind: 'silence' }],
    ['stops in the middle', { kind: 'hang', afterBytes: 100 }],
  ])('%s is left after a while, and the caller told that it may try again', async (_, fault) => {
    oss.fail('files/cat.png', fault);
    await expect(resolved([byAddress(cat())], { timeoutMs: 200 })).rejects.toMatchObject({
      failure: 'gateway_not_ready',
      retryAfterMs: expect.any(Number),
    });
    expect(await oss.requests.at(-1)!.over).toBe('left');
  });

  it.each<[string, Parameters<FakeOss['fail']>[1]]>([
    ['breaks off', { kind: 'cut', afterBytes: 100 }],
    ['fails', { kind: 'status', status: 500, code: 'InternalError' }],
    ['is busy', { kind: 'status', status: 503, code: 'ServerBusy' }],
  ])('%s is told as one that may be tried again', async (_, fault) => {
    oss.fail('files/cat.png', fault);
    await expect(resolved([byAddress(cat())])).rejects.toMatchObject({ failure: 'gateway_not_ready' });
  });

  it('is not there is told so too', async () => {
    const nowhere = { ...PLACE, prefixes: ['files/'], endpoint: 'http://127.0.0.1:1' };
    const buckets = ImageBuckets.parse(JSON.stringify([nowhere]));
    await expect(resolved([byAddress(cat())], { buckets })).rejects.toMatchObject({
      failure: 'gateway_not_ready',
    });
  });

  it.each<Parameters<FakeOss['fail']>[1]>([{ kind: 'silence' }, { kind: 'hang', afterBytes: 100 }])(
    'is slow is left at once when the caller hangs up (%j)',
    async (fault) => {
      oss.fail('files/cat.png', fault);
      const caller = new AbortController();
      const before = oss.requests.length;
      const pending = resolved([byAddress(cat())], {}, caller.signal).catch((error: unknown) => error);
      await expect.poll(() => oss.requests.length).toBe(before + 1);
      caller.abort();
      expect(await pending).toMatchObject({ failure: 'caller_gone' });
      expect(await oss.requests.at(-1)!.over).toBe('left');
    },
  );

  it('is asked for no more than so many images at once', async () => {
    const keys = Array.from({ length: 6 }, (_, at) => `files/${at}.png`);
    for (const key of keys) oss.put(key, PNG);
    for (const key of keys) oss.fail(key, { kind: 'hang', afterBytes: 1 });
    const shared = images({ parallel: 3 });
    const callers = keys.map(() => new AbortController());
    const before = oss.requests.length;
    const pending = keys.map((key, at) =>
      resolveImages(chat(byAddress(oss.addressOf(key))), shared, callers[at]!.signal).catch(() => 'gone'),
    );
    await expect.poll(() => oss.requests.length).toBe(before + 3);
    await resolved([byAddress(cat())]); // another's, for which a fourth would have had the time
    expect(oss.requests).toHaveLength(before + 4);
    for (const caller of callers.slice(0, 3)) caller.abort();
    await expect.poll(() => oss.requests.length).toBe(before + 7);
    for (const caller of callers) caller.abort();
    expect(await Promise.all(pending)).toEqual(keys.map(() => 'gone'));
  });
});

it('the first image that fails ends the reading of the others', async () => {
  oss.fail('files/cat.png', { kind: 'silence' });
  const all = [byAddress(cat()), byAddress(oss.addressOf('files/none.png'), 'none')];
  await expect(resolved(all)).rejects.toMatchObject({ failure: 'invalid_request', param: 'none' });
  const slow = oss.requests.findLast(({ path }) => path === '/files/cat.png');
  expect(await slow!.over).toBe('left');
});
