import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatChunk, readChat, sse } from '../../fixtures/openai-events.ts';

/** The pieces of an answer whose deltas bear these tool calls. */
const read = (deltas: unknown[], finish = 'tool_calls') =>
  readChat(sse(...deltas.map((calls) => chatChunk({ tool_calls: calls })), chatChunk({}, finish)));
const begin = (index: number, id: string, name: string) => [
  { index, id, type: 'function', function: { name, arguments: '' } },
];
const more = (index: number, text: string) => [{ index, function: { arguments: text } }];
const piece = (index: number, id: string, name: string, args: string) => ({
  type: 'tool-call',
  index,
  id,
  name,
  arguments: args,
});
const finish = (reason: string) => ({ type: 'finish', reason });

describe('a tool call', () => {
  it('is given whole when its arguments came bit by bit, and those of two in turns', () => {
    const deltas = [begin(0, 'a', 'f'), begin(1, 'b', 'g'), more(0, '{"x"'), more(1, '{}'), more(0, ':1}')];
    expect(read(deltas)).toEqual([
      piece(0, 'a', 'f', '{"x":1}'),
      piece(1, 'b', 'g', '{}'),
      finish('tool-calls'),
    ]);
  });

  it('is the same however its arguments are cut', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), fc.nat(), (args, at) => {
        const text = JSON.stringify(args);
        const cut = at % (text.length + 1);
        const pieces = read([begin(0, 'a', 'f'), more(0, text.slice(0, cut)), more(0, text.slice(cut))]);
        expect(pieces[0]).toEqual(piece(0, 'a', 'f', text));
      }),
    );
  });

  it.each<[string, unknown[][]]>([
    [
      'without any index',
      [[{ id: 'a', function: { name: 'f', arguments: '{"x":' } }], [{ function: { arguments: '1}' } }]],
    ],
    [
      'with id and name said again',
      [
        [{ index: 0, id: 'a', function: { name: 'f', arguments: '{"x":' } }],
        [{ index: 0, id: 'a', function: { name: 'f', arguments: '1}' } }],
      ],
    ],
    [
      'with empty id and name later',
      [begin(0, 'a', 'f'), [{ index: 0, id: '', function: { name: '', arguments: '{"x":1}' } }]],
    ],
    [
      'with its name after its id',
      [[{ index: 0, id: 'a' }], [{ index: 0, function: { name: 'f', arguments: '{"x":1}' } }]],
    ],
    ['with an object for arguments', [[{ index: 0, id: 'a', function: { name: 'f', arguments: { x: 1 } } }]]],
  ])('comes also %s', (_, deltas) => {
    expect(read(deltas)).toEqual([piece(0, 'a', 'f', '{"x":1}'), finish('tool-calls')]);
  });

  it.each<[string, unknown[][]]>([
    ['give all the index 0', [begin(0, 'a', 'f'), more(0, '{}'), begin(0, 'b', 'g'), more(0, '{"y":2}')]],
    [
      'give none',
      [
        [
          { id: 'a', function: { name: 'f' } },
          { id: 'b', function: { name: 'g', arguments: '{"y":2}' } },
        ],
      ],
    ],
  ])('is told from the next one by those who number them oddly: they %s', (_, deltas) => {
    expect(read(deltas).slice(0, 2)).toEqual([piece(0, 'a', 'f', '{}'), piece(1, 'b', 'g', '{"y":2}')]);
  });

  it('has an id of the call’s own where the service gives none', () => {
    const deltas = [[{ index: 0, function: { name: 'f' } }], [{ index: 1, function: { name: 'g' } }]];
    expect(read(deltas).slice(0, 2)).toEqual([
      piece(0, 'call_7f_0', 'f', '{}'),
      piece(1, 'call_7f_1', 'g', '{}'),
    ]);
  });

  it('makes the finish one of tool calls where the service says stop', () => {
    expect(read([begin(0, 'a', 'f')], 'stop').at(-1)).toEqual(finish('tool-calls'));
  });

  it('that the length cut off is left out, and one that was complete is not', () => {
    const deltas = [begin(0, 'a', 'f'), more(0, '{}'), begin(1, 'b', 'g'), more(1, '{"x":')];
    expect(read(deltas, 'length')).toEqual([piece(0, 'a', 'f', '{}'), finish('length')]);
    expect(read([begin(0, 'a', 'f'), more(0, '{"x":1}')], 'length')).toEqual([
      piece(0, 'a', 'f', '{"x":1}'),
      finish('length'),
    ]);
  });
});

it.each<[string, unknown[]]>([
  ['no list', [{}]],
  ['no object', [[5]]],
  ['without a name', [[{ index: 0, id: 'a', function: { arguments: '{}' } }]]],
  ['with arguments that are no JSON', [begin(0, 'a', 'f'), more(0, '{"x":')]],
  ['with arguments that are no object', [begin(0, 'a', 'f'), more(0, '[1]')]],
  [
    'with arguments nested too deep',
    [begin(0, 'a', 'f'), more(0, `{"x":${'['.repeat(99)}${']'.repeat(99)}}`)],
  ],
  // To look at each call for each delta would take minutes.
  ['too many', [Array.from({ length: 200_000 }, (_, at) => begin(at, `a${at}`, 'f')[0])]],
  ['too long', Array.from({ length: 9 }, () => more(0, 'x'.repeat(1024 * 1024)))],
])('tool calls that are %s make the answer a failure', (_, deltas) => {
  expect(read(deltas).at(-1)).toMatchObject({ type: 'failure', error: { failure: 'model_error' } });
});
