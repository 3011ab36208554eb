import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thrownBy } from '../fixtures/streams.ts';
import { readJsonDocument, withFields } from './json-document.ts';

const set = (text: string, fields: Record<string, unknown>, decisive: string[] = []) =>
  withFields(readJsonDocument(Buffer.from(text), 1000), fields, decisive).toString();

const folded = (key: string) => key.toUpperCase().toLowerCase();
const key = fc.oneof(
  fc.constantFrom('model', 'stream', 'a"b', 'x\\', '__proto__', ''),
  fc.string({ unit: 'binary' }),
);
const object = fc
  .uniqueArray(fc.tuple(key, fc.jsonValue({ maxDepth: 3 })), { selector: ([name]) => folded(name) })
  .map((entries) => Object.fromEntries(entries));

const plainly = (text: string) => JSON.stringify(text);
const escaped = (text: string) =>
  `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`;

/** The same object written in another of the many ways: blanks everywhere, escapes instead of characters. */
const written = fc
  .tuple(object, fc.constantFrom('', ' ', '\n\t', '\r\n'), fc.constantFrom(plainly, escaped))
  .map(([value, blank, write]) => {
    const fields = Object.entries(value).map(([name, inner]) => ({
      name,
      text: `${blank}${write(name)}${blank}:`,
      value: `${blank}${JSON.stringify(inner, null, blank.length > 1 ? 2 : 0)}${blank}`,
    }));
    return { value, fields, text: `${blank}{${fields.map((f) => f.text + f.value).join(',')}${blank}}` };
  });

describe('setting fields of a JSON document', () => {
  it('changes these fields and no other, however the document is written', () => {
    fc.assert(
      fc.property(written, object, ({ value, text }, edits) => {
        const names = Object.keys({ ...value, ...edits });
        fc.pre(new Set(names.map(folded)).size === names.length);
        expect(JSON.parse(set(text, edits))).toEqual(JSON.parse(JSON.stringify({ ...value, ...edits })));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves every byte outside of the values that it sets', () => {
    fc.assert(
      fc.property(written, ({ fields, text }) => {
        const edited = fields.filter((_, index) => index % 2 === 0).map((field) => field.name);
        const expected = fields.map((f) => f.text + (edited.includes(f.name) ? '"new"' : f.value)).join(',');
        const after = set(text, Object.fromEntries(edited.map((name) => [name, 'new'])));
        expect(after.slice(after.indexOf('{') + 1, after.lastIndexOf('}')).trimEnd()).toBe(
          expected.trimEnd(),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('takes out what is to be undefined, and leaves every other byte', () => {
    fc.assert(
      fc.property(written, fc.infiniteStream(fc.boolean()), ({ fields, text }, chance) => {
        const gone = fields.filter(() => chance.next().value).map((field) => field.name);
        const expected = fields.filter((f) => !gone.includes(f.name)).map((f) => f.text + f.value);
        const after = set(text, Object.fromEntries(gone.map((name) => [name, undefined])));
        const inner = after.slice(after.indexOf('{') + 1, after.lastIndexOf('}'));
        expect(inner.trimEnd()).toBe(expected.join(',').trimEnd());
        JSON.parse(set(text, Object.fromEntries([...gone.map((name) => [name, undefined]), ['added', 1]])));
      }),
      { numRuns: 500 },
    );
  });

  it('passes by fields of the same name further in', () => {
    const text = '{"messages":[{"model":"m","content":"\\"model\\":\\"x\\""}],"model":"a","o":{"model":1}}';
    expect(set(text, { model: 'b' })).toBe(text.replace('"a"', '"b"'));
  });

  it('keeps numbers, escapes and spaces as the caller wrote them', () => {
    const text = '{ "temperature" : 1.0e0, "big": 12345678901234567890, "t":"\\u4e2d\\/" , "model":"a" }';
    expect(set(text, { model: 'b' })).toBe(text.replace('"a" ', '"b"'));
  });

  it('adds what is missing, also to an empty object', () => {
    expect(set('{}', { a: 1, b: null })).toBe('{"a":1,"b":null}');
    expect(set(' { "x" : 1 } ', { a: 1 })).toBe(' { "x" : 1 ,"a":1}');
  });
});

describe('a field that we set or decide by', () => {
  it.each([
    ['twice', '{"model":"a","model":"b"}', '"model" is given twice.'],
    ['twice, once with an escape', '{"model":"a","mod\\u0065l":"b"}', '"model" is given twice.'],
    ['beside itself in another case', '{"model":"a","Model":"b"}', '"model" is given twice.'],
    ['in another case first', '{"MODEL":"a","model":"b"}', '"MODEL" must be written "model".'],
    ['in another case only', '{"Model":"a"}', '"Model" must be written "model".'],
  ])('is refused when it stands there %s, since an upstream may read it otherwise', (_, text, message) => {
    expect(thrownBy(() => set(text, { model: 'c' }))).toMatchObject({ message, param: 'model' });
    expect(thrownBy(() => set(text, {}, ['model']))).toMatchObject({ message, param: 'model' });
  });

  it.each(['\u017ftream', 'STREAM', 'strea\\u006d'])('is known again when it is written %s', (name) => {
    expect(thrownBy(() => set(`{"stream":true,"${name}":false}`, {}, ['stream']))).toMatchObject({
      param: 'stream',
    });
  });

  it('may stand twice when nobody decides by it', () => {
    expect(set('{"x":1,"x":2,"model":"a"}', { model: 'b' })).toBe('{"x":1,"x":2,"model":"b"}');
  });
});
