import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '#shared/errors.ts';
import { ggufEntry, ggufFile } from '#shared/fixtures/gguf-file.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { tinyGguf } from '#shared/fixtures/tiny-gguf.ts';
import { NeedsMore } from './cursor.ts';
import { chatTemplateOf, contextLengthOf, embeddingLengthOf, fileTypeOf } from './gguf.ts';
import { parseGguf } from './parse-gguf.ts';

const tiny = tinyGguf();
const parse = (bytes: Buffer, keptItems = 5) => parseGguf(bytes, bytes.length, keptItems);

describe('the head of a model file', () => {
  it('says what the model is', () => {
    const gguf = parse(tiny);

    expect(gguf.metadata.get('general.name')).toBe('tiny-random');
    expect(gguf.metadata.get('llama.attention.layer_norm_rms_epsilon')).toBe(0.00001);
    expect(gguf.metadata.get('tokenizer.ggml.add_bos_token')).toBe(true);
    expect([contextLengthOf(gguf), embeddingLengthOf(gguf), fileTypeOf(gguf)]).toEqual([2048, 64, 'F32']);
    expect(chatTemplateOf(gguf)).toContain('m.role');
    expect([gguf.tensorCount, gguf.parameterCount]).toEqual([21, 118_208]);
  });

  it('keeps its vocabulary only when asked to', () => {
    expect(parse(tiny).metadata.get('tokenizer.ggml.tokens')).toBeNull();
    const tokens = parse(tiny, 1_000).metadata.get('tokenizer.ggml.tokens');
    expect(tokens).toHaveLength(281);
    expect(tokens).toContain('▁hello');
  });
});

describe('a file that means ill', () => {
  const head = (...numbers: [size: 4 | 8, value: number][]) =>
    Buffer.concat([
      Buffer.from('GGUF'),
      ...numbers.map(([size, value]) => {
        const bytes = Buffer.alloc(size);
        if (size === 4) bytes.writeUInt32LE(value);
        else bytes.writeBigUInt64LE(BigInt(value));
        return bytes;
      }),
    ]);

  it.each([
    ['another format', Buffer.from('<html>sorry</html>'), /not in the GGUF format/],
    ['an old version', head([4, 1]), /version 1/],
    ['more keys than any', head([4, 3], [8, 0], [8, 2 ** 50]), /number of keys/],
    ['more tensors than any', head([4, 3], [8, 2 ** 40], [8, 0]), /number of tensors/],
    ['a key as long as a disk', head([4, 3], [8, 0], [8, 1], [8, 2 ** 52]), /a key with a length/],
    ['a key said twice', ggufFile({ entries: [ggufEntry.u32('a', 1), ggufEntry.u32('a', 2)] }), /"a" twice/],
    [
      'an unknown type',
      Buffer.concat([head([4, 3], [8, 0], [8, 1], [8, 1]), Buffer.from('a'), head([4, 77]).subarray(4)]),
      /type 1179997254|type 77/,
    ],
    ['its end too early', tiny.subarray(0, 300), /ends in the middle/],
    ['tensors beyond its end', tiny.subarray(0, 20_000), /beyond its end/],
  ])('is refused for %s', (_, bytes, problem) => {
    const error = thrownBy(() => parse(bytes));

    expect(error).toBeInstanceOf(GatewayError);
    expect((error as GatewayError).message).toMatch(problem);
  });

  it('throws nothing but a refusal, whatever its bytes', () => {
    const changes = fc.array(fc.tuple(fc.nat(12_000), fc.nat(255)), { maxLength: 12 });
    fc.assert(
      fc.property(changes, fc.integer({ min: 0, max: tiny.length }), (bytes, length) => {
        const file = Buffer.from(tiny.subarray(0, length));
        for (const [at, byte] of bytes) if (at < length) file[at] = byte;
        expectRefusalAtMost(() => parse(file));
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (rest) => {
        expectRefusalAtMost(() => parse(Buffer.concat([head([4, 3]), rest])));
      }),
    );
  });

  it('asks for more, and never takes more, when only its first bytes are at hand', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12_000 }), (length) => {
        const error = thrownOrNothing(() => parseGguf(tiny.subarray(0, length), tiny.length, 5));
        if (error !== undefined) expect(error).toBeInstanceOf(NeedsMore);
      }),
    );
  });
});

function expectRefusalAtMost(work: () => unknown): void {
  const error = thrownOrNothing(work);
  if (error !== undefined) expect(error).toBeInstanceOf(GatewayError);
}

function thrownOrNothing(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}
