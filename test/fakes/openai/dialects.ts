/** What a model says, for a service to say it in its own way. */
export interface Reply {
  thinking?: string[];
  text?: string[];
  /** The arguments in the parts that they come in. */
  calls?: { id: string; name: string; arguments: string[] }[];
  finish: 'stop' | 'length' | 'tool_calls' | 'content_filter';
}

export interface Dialect {
  /** The whole body of a stream. */
  stream(reply: Reply): string;
}

export const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

const frame = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const DONE = 'data: [DONE]\n\n';

type ChunkOf = (delta: object, finish?: string | null, rest?: object) => string;
const chunks =
  (shared: object, choice: object = {}): ChunkOf =>
  (delta, finish = null, rest = {}) =>
    frame({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'theirs',
      ...shared,
      choices: [{ index: 0, delta, ...choice, finish_reason: finish }],
      ...rest,
    });
const usageAlone = frame({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'theirs',
  choices: [],
  usage: USAGE,
});

/** The parts of tool calls: names first, arguments bit by bit. `later` is what stands in the parts that bear no name. */
const callDeltas = ({ calls = [] }: Reply, later: object = {}) =>
  calls.flatMap(({ id, name, arguments: parts }, index) => [
    { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] },
    ...parts.map((part) => ({ tool_calls: [{ index, ...later, function: { arguments: part } }] })),
  ]);
const texts = (name: string, parts: string[] = []) => parts.map((text) => ({ [name]: text }));

/** The same answers in the ways of four services, from their public documentation. */
export const dialects: Readonly<Record<string, Dialect>> = {
  'OpenAI’s own': {
    stream(reply) {
      const chunk = chunks({ system_fingerprint: 'fp_1', usage: null }, { logprobs: null });
      const deltas = [...texts('content', reply.text), ...callDeltas(reply)];
      const head = chunk({ role: 'assistant', content: reply.text ? '' : null, refusal: null });
      return (
        head + deltas.map((delta) => chunk(delta)).join('') + chunk({}, reply.finish) + usageAlone + DONE
      );
    },
  },
  DeepSeek: {
    stream(reply) {
      const chunk = chunks({ system_fingerprint: 'fp_2' }, { logprobs: null });
      const both = { content: null, reasoning_content: null };
      const deltas = [
        ...texts('reasoning_content', reply.thinking).map((delta) => ({ ...both, ...delta })),
        ...texts('content', reply.text).map((delta) => ({ ...both, ...delta })),
        ...callDeltas(reply),
      ];
      const waiting = ': keep-alive\n\n: keep-alive\n\n';
      const head = chunk({ role: 'assistant', content: null, reasoning_content: '' });
      const finish = chunk({ content: '', reasoning_content: null }, reply.finish, { usage: USAGE });
      return waiting + head + deltas.map((delta) => chunk(delta)).join(waiting) + finish + DONE;
    },
  },
  vLLM: {
    stream(reply) {
      const chunk = chunks({}, { logprobs: null, stop_reason: null });
      const deltas = [
        ...texts('reasoning', reply.thinking),
        ...texts('content', reply.text),
        ...callDeltas(reply),
      ];
      const finish = chunk({ content: '' }, reply.finish);
      const head = chunk({ role: 'assistant', content: '' });
      return head + deltas.map((delta) => chunk(delta)).join('') + finish + usageAlone + DONE;
    },
  },
  DashScope: {
    stream(reply) {
      const chunk = chunks({ system_fingerprint: null, usage: null }, { logprobs: null });
      const later = { id: '', type: 'function' };
      const deltas = [
        ...texts('reasoning_content', reply.thinking).map((delta) => ({ content: null, ...delta })),
        ...texts('content', reply.text).map((delta) => ({ ...delta, reasoning_content: null })),
        ...callDeltas(reply, later).map((delta) => ({ content: null, ...delta })),
      ];
      const head = chunk({ role: 'assistant', content: null, reasoning_content: '' });
      const body = deltas.map((delta) => chunk(delta)).join('');
      const whole =
        head + body + chunk({ content: '', reasoning_content: null }, reply.finish) + usageAlone + DONE;
      return whole.replaceAll('data: ', 'data:').replaceAll('\n', '\r\n');
    },
  },
};
