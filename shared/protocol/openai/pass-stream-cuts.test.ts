import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMeasuring } from '../../fixtures/measuring.ts';
import { anyCutOf, byteByByte, recorded } from '../../fixtures/streams.ts';
import { PassedStream } from './pass-stream.ts';

/** What goes out before the ending, and the ending. */
function pass(chunks: Buffer[], { streamUsage = true, choices = 1 } = {}) {
  const passage = new PassedStream({ streamUsage, choices }, aMeasuring());
  const outs = chunks.map((chunk) => Buffer.from(passage.read(chunk)));
  outs.push(Buffer.from(passage.end()));
  const { ending } = passage;
  const held = ending?.kind === 'finished' ? ending.held.toString() : undefined;
  return { outs: outs.map(String), out: Buffer.concat(outs).toString(), held, ending };
}

const text = (name: string) => recorded(name).toString();
const crlf = (stream: string) => stream.replaceAll('\n', '\r\n');
const isUsage = (frame: string) => frame.includes('"choices":[],"usage":{');
const withoutUsage = (stream: string) =>
  stream
    .split(/(?<=\n\r?\n)/)
    .filter((frame) => !isUsage(frame))
    .join('');

const chunk = (index: number, delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'x', choices: [{ index, delta, finish_reason: finish }] })}\n\n`;
const TWO_CHOICES = [
  chunk(0, { role: 'assistant', content: '' }),
  chunk(1, { role: 'assistant', content: '' }),
  chunk(0, { content: '一' }),
  chunk(0, {}, 'stop'),
  chunk(1, { content: '二 🌍' }),
  chunk(1, {}, 'length'),
  'data: {"id":"x","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n',
  'data: [DONE]\n\n',
].join('');

const STREAMS: [string, string, number][] = [
  'openai-text.sse',
  'openai-thinking.sse',
  'openai-tool-calls.sse',
].flatMap((name): [string, string, number][] => [
  [name, text(name), 1],
  [`${name} with CRLF`, crlf(text(name)), 1],
  [
    `${name} with comments`,
    `: hi 你\n\n${text(name).replaceAll('\n\n', '\n\n: keep-alive\n: still 在\n\n')}`,
    1,
  ],
  [`${name} without spaces after data:`, text(name).replaceAll('data: ', 'data:'), 1],
  [`${name} with other fields`, text(name).replaceAll('data: ', 'id: 7\nretry: 5\ndata: '), 1],
]);
STREAMS.push(['of two choices', TWO_CHOICES, 2], ['of two choices with CRLF', crlf(TWO_CHOICES), 2]);

describe.each(STREAMS)('the stream %s', (_, stream, choices) => {
  const whole = pass([Buffer.from(stream)], { choices });
  const upToDone =
    stream.slice(0, stream.lastIndexOf('[DONE]')) + (stream.includes('\r') ? '[DONE]\r\n\r\n' : '[DONE]\n\n');

  it('leaves as it came, byte for byte, in whatever chunks it comes', () => {
    fc.assert(
      fc.property(anyCutOf(Buffer.from(stream)), (chunks) => {
        const { out, held, ending } = pass(chunks, { choices });
        expect(out + held).toBe(upToDone);
        expect({ out, held, ending }).toEqual({ out: whole.out, held: whole.held, ending: whole.ending });
      }),
    );
    expect(pass(byteByByte(Buffer.from(stream)), { choices }).out).toBe(whole.out);
  });

  it('leaves without its usage, and with nothing else missing, when that was not asked for', () => {
    fc.assert(
      fc.property(anyCutOf(Buffer.from(stream)), (chunks) => {
        const { out, held, ending } = pass(chunks, { choices, streamUsage: false });
        expect(out + held).toBe(withoutUsage(upToDone));
        expect(ending).toMatchObject({ kind: 'finished', measured: { source: 'reported' } });
      }),
    );
  });

  it('never leaves in half frames, nor with its last finish, usage or end', () => {
    fc.assert(
      fc.property(anyCutOf(Buffer.from(stream)), (chunks) => {
        const { outs, out } = pass(chunks, { choices });
        for (const part of outs) if (part !== '') expect(part).toMatch(/\n\r?\n$/);
        expect(out.match(/"finish_reason":"/g) ?? []).toHaveLength(choices - 1);
        expect(out).not.toMatch(/\[DONE\]|"usage":\{/);
      }),
    );
  });

  it('is a failure wherever it is cut off before its end', () => {
    const bytes = Buffer.from(stream);
    fc.assert(
      fc.property(fc.nat(bytes.indexOf('[DONE]') + 5), (end) => {
        const { out, ending } = pass([bytes.subarray(0, end)], { choices });
        expect(ending).toMatchObject({ kind: 'failed', error: { failure: 'upstream_error' } });
        expect(stream.startsWith(out)).toBe(true);
      }),
    );
  });

  it('needs no blank line after its [DONE]', () => {
    for (const cut of [stream.trimEnd(), `${stream.trimEnd()}\n`, `${stream.trimEnd()}\r\n`]) {
      const { out, held } = pass([Buffer.from(cut)], { choices });
      expect((out + held).trimEnd()).toBe(upToDone.trimEnd());
      expect(held).toMatch(/\[DONE\]\r?\n\r?\n$/);
    }
  });
});

it('any bytes at all have one end, whatever they are', () => {
  const object = (keys: Record<string, fc.Arbitrary<unknown>>) => fc.record(keys, { requiredKeys: [] });
  const any = fc.jsonValue({ maxDepth: 2 });
  const choice = fc.oneof(
    any,
    object({ index: any, delta: fc.oneof(any, object({ content: any, role: any })), finish_reason: any }),
  );
  const event = fc.oneof(any, object({ choices: fc.oneof(any, fc.array(choice)), usage: any, error: any }));
  const frame = fc.oneof(
    event.map((value) => `data: ${JSON.stringify(value)}\n\n`),
    fc.string(),
    fc.constant('data: [DONE]\n\n'),
  );
  fc.assert(
    fc.property(fc.array(frame), fc.integer({ min: 1, max: 3 }), (frames, choices) => {
      const { out, held, ending } = pass([Buffer.from(frames.join(''))], { choices });
      expect(ending).toBeDefined();
      if (held !== undefined) expect(out + held).toMatch(/\[DONE\]/);
    }),
    { numRuns: 1_000 },
  );
});
