import { describe, expect, it } from 'vitest';
import type { ContentPiece, FinishReason } from '../../piece.ts';
import { echoOf } from './response-object.ts';
import { ResponseRequest } from './response-request.ts';
import { WholeResponse } from './whole-response.ts';

const identity = { id: 'ab12', createdAtSeconds: 1_700_000_000, model: '模型/"m":8b' };
const usage = { prompt: 3, output: 5, reasoning: 2, cached: 1 };
const echo = echoOf(ResponseRequest.parse({ model: 'm', input: 'Hi', metadata: { a: 'b' } }));
const at = () => 1_700_000_003;

function whole(pieces: ContentPiece[], reason: FinishReason = 'stop') {
  const writer = new WholeResponse(identity, echo, at);
  expect(pieces.map((piece) => writer.piece(piece)).join('')).toBe('');
  return JSON.parse(writer.ending(reason, usage));
}

const think = (text: string): ContentPiece => ({ type: 'thinking', text });
const say = (text: string): ContentPiece => ({ type: 'text', text });
const CALL: ContentPiece = { type: 'tool-call', index: 0, id: 'call_1', name: 'f', arguments: '{"x":1}' };

describe('a response', () => {
  it('has an item for each run of thinking, of text, and for each call', () => {
    const pieces = [think('H'), think('m'), say('Hel'), say('lo'), CALL, CALL, say('!')];
    expect(whole(pieces, 'tool-calls')).toMatchObject({
      id: 'resp_ab12',
      object: 'response',
      created_at: 1_700_000_000,
      completed_at: 1_700_000_003,
      status: 'completed',
      model: identity.model,
      store: false,
      metadata: { a: 'b' },
      error: null,
      incomplete_details: null,
      output: [
        {
          id: 'rs_ab12_0',
          type: 'reasoning',
          status: 'completed',
          summary: [{ type: 'summary_text', text: 'Hm' }],
        },
        { id: 'msg_ab12_1', type: 'message', role: 'assistant', content: [{ text: 'Hello' }] },
        {
          id: 'fc_ab12_2',
          type: 'function_call',
          call_id: 'call_1',
          name: 'f',
          arguments: '{"x":1}',
        },
        { id: 'fc_ab12_3', type: 'function_call' },
        { id: 'msg_ab12_4', content: [{ type: 'output_text', text: '!', annotations: [], logprobs: [] }] },
      ],
      usage: {
        input_tokens: 3,
        input_tokens_details: { cached_tokens: 1, cache_write_tokens: 0 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 2 },
        total_tokens: 8,
      },
    });
  });

  it.each([
    ['length', 'max_output_tokens'],
    ['content-filter', 'content_filter'],
  ] as const)('that ended by %s is incomplete, and so is its last item', (finish, reason) => {
    expect(whole([think('Hm'), say('Hel')], finish)).toMatchObject({
      status: 'incomplete',
      completed_at: null,
      incomplete_details: { reason },
      output: [{ status: 'completed' }, { status: 'incomplete' }],
    });
  });

  it('has a whole call of a tool even where it ended by its length', () => {
    expect(whole([CALL], 'length')).toMatchObject({ output: [{ status: 'completed' }] });
  });
});
