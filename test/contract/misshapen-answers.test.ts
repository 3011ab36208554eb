import { beforeAll, describe, expect, it } from 'vitest';
import { aGateway, aModel, type TestGateway } from '../helpers/gateway.ts';
import { outcomeOf } from '../helpers/outcome.ts';
import { aRawUpstream } from '../helpers/raw-upstream.ts';
import { KEPT } from '../helpers/strict.ts';

let gateway: TestGateway;
let upstream: Awaited<ReturnType<typeof aRawUpstream>>;

beforeAll(async () => {
  [gateway, upstream] = await Promise.all([aGateway(KEPT), aRawUpstream()]);
  await aModel(gateway.database, { name: 'ollama/odd', backend: 'ollama', address: upstream.url });
  await aModel(gateway.database, { name: 'openai/odd', backend: 'openai', address: `${upstream.url}/v1` });
});

const chunk = (choices: unknown) => ({ id: 'x', object: 'chat.completion.chunk', choices });
const said = chunk([{ index: 0, delta: { content: 'Hi' }, finish_reason: null }]);
const finished = chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]);
const message = { role: 'assistant', content: 'Hi' };
const done = { message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop', eval_count: 1 };

const events: unknown[] = [
  null,
  5,
  [],
  {},
  chunk(null),
  chunk({}),
  chunk('x'),
  chunk([null]),
  chunk([{}]),
  chunk([{ index: 0, delta: null, finish_reason: null }]),
  chunk([{ index: 0, delta: 'x', finish_reason: null }]),
  { ...chunk([]), usage: 'much' },
  { ...chunk([]), usage: { prompt_tokens: -1, completion_tokens: 1.5 } },
  { error: 'a mere text' },
  { error: { message: { deep: true } } },
];
const noCompletions: unknown[] = [
  null,
  5,
  [],
  {},
  { choices: null },
  { choices: {} },
  { choices: 'x' },
  { choices: [null] },
];
const oddCompletions: unknown[] = [
  { choices: [{ message, finish_reason: 'stop' }], usage: 'much' },
  { choices: [{ message, finish_reason: 5 }] },
];
const lines: unknown[] = [
  null,
  5,
  [],
  {},
  { message: null, done: false },
  { message: 'x', done: false },
  { message: { content: 5 }, done: false },
  { message: { content: '', tool_calls: null }, done: false },
  { message: { content: '', tool_calls: {} }, done: false },
  { message: { content: '', tool_calls: [null] }, done: false },
  { message: { content: '', tool_calls: [{ function: null }] }, done: false },
  { message: { content: '', tool_calls: [{ function: { name: 5, arguments: null } }] }, done: false },
  { message: { content: 'Hi' }, done: 'yes' },
  { ...done, eval_count: 'many', prompt_eval_count: -1 },
  { error: { deep: { down: 5 } } },
  { error: null },
];

const asJson = (values: unknown[]) => values.map((value) => JSON.stringify(value));
const failed = ['upstream_error'];
const failedOrNot = [null, 'upstream_error'];

describe('an answer of the wrong shape', () => {
  it.each(asJson(events))('in an event of a stream harms no other call: %s', async (event) => {
    const all = [JSON.stringify(said), event, JSON.stringify(finished), '[DONE]'];
    upstream.says('text/event-stream', all.map((data) => `data: ${data}\n\n`).join(''));
    await expectOneEnd('openai/odd', true, failedOrNot);
  });

  it.each(asJson(noCompletions))('is a failure where it is no completion: %s', async (body) => {
    upstream.says('application/json', body);
    await expectOneEnd('openai/odd', false, failed);
  });

  it.each(asJson(oddCompletions))('in some field of a completion harms no other call: %s', async (body) => {
    upstream.says('application/json', body);
    await expectOneEnd('openai/odd', false, failedOrNot);
  });

  it.each(asJson(lines))("in a line of Ollama's harms no other call: %s", async (line) => {
    const all = [JSON.stringify({ message, done: false }), line, JSON.stringify(done)];
    upstream.says('application/x-ndjson', all.map((each) => `${each}\n`).join(''));
    await expectOneEnd('ollama/odd', true, failedOrNot);
    await expectOneEnd('ollama/odd', false, failedOrNot);
  });
});

/** A proper end, told by a process that lives on: another call in it would not have noticed. */
async function expectOneEnd(model: string, stream: boolean, codes: (string | null)[]): Promise<void> {
  const router = gateway.fc.functions.get('router')!;
  await fetch(`${gateway.url}/healthz`);
  const [before] = router.instances;
  expect(codes).toContain((await outcomeOf(gateway, model, stream)).code);
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  expect(router.instances.map(({ id }) => id)).toEqual([before?.id]);
}
