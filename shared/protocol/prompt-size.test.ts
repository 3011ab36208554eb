import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PromptCount } from './prompt-size.ts';

function sizeOf(add: (size: PromptCount) => void): PromptCount {
  const size = new PromptCount();
  add(size);
  return size;
}
const scripts = (text: string) => {
  const { latin, cjk, other } = sizeOf((size) => size.text(text));
  return { latin, cjk, other };
};

describe('the characters of a text', () => {
  it.each([
    ['ASCII', 'Hello, world!\n\t{"x":1}', 'latin'],
    ['accented', 'Größe café Žižek đường “—” …', 'latin'],
    ['Chinese', '今天，天气很好。「」（１２Ａ）', 'cjk'],
    ['rare Chinese', '𠮷𡃁𰻞', 'cjk'],
    ['Japanese', 'ひらがなカタカナ々ー㈱', 'cjk'],
    ['Korean', '안녕하세요ㅋㅋ', 'cjk'],
    ['Russian', 'Привет', 'other'],
    ['Arabic', 'مرحبا', 'other'],
    ['emoji', '🌍🤯', 'other'],
    ['half a pair', '\udc00', 'other'],
  ])('that is %s are counted by script, each once: %s', (_what, text, script) => {
    expect(scripts(text)).toEqual({ latin: 0, cjk: 0, other: 0, [script]: [...text].length });
  });

  it('add up to its code points, however scripts mix', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(0xffff)), (text, units) => {
        for (const any of [text, String.fromCharCode(...units)]) {
          const { latin, cjk, other } = scripts(any);
          expect(latin + cjk + other).toBe([...any].length);
        }
      }),
    );
  });
});

describe('the bytes of a text', () => {
  it('are those of its UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(sizeOf((size) => size.text(text)).bytes).toBe(Buffer.byteLength(text));
      }),
    );
  });

  it('are enough for whatever a template makes of it as JSON', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary-ascii' }));
    fc.assert(
      fc.property(text, (any) => {
        const { bytes } = sizeOf((size) => size.quoted(any));
        for (const written of [JSON.stringify(any), asHtmlSafe(any), asAscii(any)]) {
          expect(bytes).toBeGreaterThanOrEqual(Buffer.byteLength(written));
        }
      }),
    );
  });

  it('are enough for JSON that is spread over lines, its indentations a token each', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { bytes } = sizeOf((size) => size.json(value));
        const spread = JSON.stringify(value, null, '\t').replaceAll(/\n\t+/g, '\n\t');
        expect(bytes).toBeGreaterThanOrEqual(Buffer.byteLength(spread));
      }),
    );
  });

  it('alone are counted of what a model might read', () => {
    expect(sizeOf((size) => size.perhaps({ x: '你' }))).toMatchObject({
      bytes: 11,
      latin: 0,
      cjk: 0,
      other: 0,
    });
  });
});

const unit = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
const asHtmlSafe = (text: string) => JSON.stringify(text).replaceAll(/[<>&'\u2028\u2029]/g, unit);
const asAscii = (text: string) => asHtmlSafe(text).replaceAll(/[^ -~]/g, unit);
