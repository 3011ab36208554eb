import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import { upstreams } from '#shared/db/schema.ts';
import type { ReplyPiece } from '../fakes/ollama/replies.ts';
import { Caller } from '../helpers/chaos-caller.ts';
import { times } from '../helpers/chaos-chance.ts';
import { aFleet, type Fleet } from '../helpers/chaos-fleet.ts';
import { PIECE } from '../helpers/chaos-stage.ts';
import { aModel } from '../helpers/gateway.ts';
import { aRawUpstream } from '../helpers/raw-upstream.ts';

let fleet: Fleet;
let tenant: Awaited<ReturnType<Fleet['tenant']>>;
beforeAll(async () => {
  fleet = await aFleet();
  tenant = await fleet.tenant({ limits: { 'tokens/month': 1_000_000 } });
});

const receiptOf = async ({ name }: Caller) => (await fleet.books.receipts()).get(name)!;
const finishes = ({ body }: Caller) =>
  [...body.matchAll(/"finish_reason":\s*"(\w+)"/g)].map(([, reason]) => reason);

describe('an upstream that makes more than was held', () => {
  it('is cut at the hold, and its caller is told of the length and charged no more', async () => {
    // Ollama's /v1 does not know this name of the cap.
    const address = `${fleet.fake.url}/v1/`;
    await aModel(fleet.database, {
      name: 'deaf',
      backend: 'openai',
      address,
      upstreamModel: 'scripted-by-v1',
    });
    await fleet.database.write((db) =>
      db
        .update(upstreams)
        .set({ outputCapField: 'max_completion_tokens' })
        .where(eq(upstreams.name, `openai ${address}`)),
    );
    const script = { call: 'over', says: 14, gate: 'never' };
    const caller = new Caller(tenant, { model: 'deaf', script, fields: { max_tokens: 10 } });
    await caller.ended;
    expect([finishes(caller), caller.isDone, caller.code]).toEqual([['length'], true, undefined]);
    expect(await fleet.fake.requests.at(-1)!.closed).toBe('aborted');
    const { output, outHeld, outcome } = await receiptOf(caller);
    expect({ output, outHeld, outcome }).toEqual({ output: 10, outHeld: 10, outcome: 'settled' });
    await fleet.books.expectSquare();
  });

  it('is charged the hold of all its choices at most, whatever it says that it has used', async () => {
    const upstream = await aRawUpstream();
    await aModel(fleet.database, { name: 'choices', backend: 'openai', address: `${upstream.url}/v1` });
    const chunk = (rest: object) =>
      `data: ${JSON.stringify({ object: 'chat.completion.chunk', ...rest })}\n\n`;
    const piece = (index: number) => ({
      choices: [{ index, delta: { content: PIECE }, finish_reason: null }],
    });
    const end = (index: number) => ({ choices: [{ index, delta: {}, finish_reason: 'stop' }] });
    const usage = { choices: [], usage: { prompt_tokens: 5, completion_tokens: 60, total_tokens: 65 } };
    const pieces = times(60, (index) => piece(index % 2));
    const body = [...pieces, end(0), end(1), usage].map(chunk).join('');
    upstream.says('text/event-stream', `${body}data: [DONE]\n\n`);
    const fields = { max_tokens: 10, n: 2 };
    const caller = new Caller(tenant, { model: 'choices', script: { call: 'two', says: 0 }, fields });
    await caller.ended;
    expect([caller.status, caller.isDone, finishes(caller).length]).toEqual([200, true, 2]);
    const { output, outHeld, source } = await receiptOf(caller);
    expect({ output, outHeld, source }).toEqual({ output: 20, outHeld: 20, source: 'counted' });
    await fleet.books.expectSquare();
  });

  it('is charged what it says where two choices stay within the hold', async () => {
    const upstream = await aRawUpstream();
    await aModel(fleet.database, { name: 'whole', backend: 'openai', address: `${upstream.url}/v1` });
    const message = { role: 'assistant', content: PIECE.repeat(7) };
    const choices = times(2, (index) => ({ index, message, finish_reason: 'stop' }));
    const usage = { prompt_tokens: 5, completion_tokens: 14, total_tokens: 19 };
    upstream.says('application/json', JSON.stringify({ object: 'chat.completion', choices, usage }));
    const fields = { max_tokens: 10, n: 2 };
    const wish = { model: 'whole', script: { call: 'both', says: 0 }, fields, stream: false };
    const caller = new Caller(tenant, wish);
    await caller.ended;
    expect([caller.status, caller.pieces]).toEqual([200, 14]);
    expect(await receiptOf(caller)).toMatchObject({ output: 14, outHeld: 20, source: 'reported' });
    await fleet.books.expectSquare();
  });
});

describe('a tool call that Ollama hands over in one lump and does not count', () => {
  it.each([true, false])(
    'is charged by the time that it took, within its hold (stream: %s)',
    async (stream) => {
      const pieces: ReplyPiece[] = [
        { text: PIECE },
        { pauseMs: 600 },
        { toolCall: { name: 'look', arguments: { at: 'it' } } },
      ];
      const name = `lump-${stream}`;
      // A count of zero is left out on Ollama's wire.
      fleet.fake.models.add({
        name,
        capabilities: ['completion', 'tools'],
        reply: { pieces, outputTokens: 0 },
      });
      await aModel(fleet.database, { name, backend: 'ollama', address: fleet.fake.url });
      const tools = [{ type: 'function', function: { name: 'look', parameters: {} } }];
      const wish = { model: name, script: { call: name, says: 0 }, stream };
      const caller = new Caller(tenant, { ...wish, fields: { tools, max_tokens: 200 } });
      const tight = {
        ...wish,
        script: { call: `${name} tight`, says: 0 },
        fields: { tools, max_tokens: 12 },
      };
      const held = new Caller(tenant, tight);
      await Promise.all([caller.ended, held.ended]);
      expect(finishes(caller)).toEqual(['tool_calls']);
      const { output, source } = await receiptOf(caller);
      expect(source).toBe('counted');
      expect(output).toBeGreaterThanOrEqual(29); // 50 tokens a second, less what a timer may be early
      expect(await receiptOf(held)).toMatchObject({ output: 12, outHeld: 12 });
      await fleet.books.expectSquare();
    },
  );
});
