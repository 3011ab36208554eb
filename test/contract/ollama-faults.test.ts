import { beforeAll, describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { faults, three } from '../helpers/fault-table.ts';
import { aFaultyUpstream, brokenAfter, refused } from '../helpers/faulty-upstream.ts';
import { callApi } from '../helpers/ollama-callers.ts';
import type { Outcome } from '../helpers/outcome.ts';
import { ChatAnswer, ChatPiece, ErrorAnswer, GenerateAnswer, GeneratePiece } from '../schemas/ollama.ts';

const paths = {
  chat: { piece: ChatPiece, last: ChatAnswer, asked: { messages: [{ role: 'user', content: 'Hello!' }] } },
  generate: { piece: GeneratePiece, last: GenerateAnswer, asked: { prompt: 'Hello!' } },
};
type Path = keyof typeof paths;

/** Ollama's errors have words and no code: of the code, only whether there was one. */
const told = (outcome: Outcome): Outcome => ({ ...outcome, code: outcome.code && 'an error' });

/** Calls without any client in between, and checks that whatever comes has the form that it must have. */
const outcomeAt =
  (path: Path) => async (gateway: { url: string; key: string }, model: string, stream: boolean) => {
    const { piece, last, asked } = paths[path];
    const response = await callApi(gateway, path, { model, stream, ...asked });
    const { status, headers } = response;
    const body = await response.text();
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
    if (status !== 200 || !stream) {
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      const answer = JSON.parse(body) as object;
      if (status === 200) return { status, code: null, text: textOf(last.parse(answer)) };
      ErrorAnswer.parse(answer);
      return { status, code: 'an error', text: '' };
    }
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect(body.endsWith('\n')).toBe(true);
    const lines = body
      .slice(0, -1)
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    const end = lines.pop()!;
    const text = lines.map((line) => textOf(piece.parse(line))).join('');
    const isError = 'error' in end;
    (isError ? ErrorAnswer : (last as z.ZodType)).parse(end);
    return { status, code: isError ? 'an error' : null, text };
  };

const textOf = (line: { message?: { content: string } } | { response?: string }) =>
  ('message' in line ? line.message?.content : (line as { response?: string }).response) ?? '';

describe.each(Object.keys(paths) as Path[])('at /api/%s, an Ollama that', (path) => {
  let meet: Awaited<ReturnType<typeof aFaultyUpstream>>;

  beforeAll(async () => {
    meet = await aFaultyUpstream('ollama', outcomeAt(path));
  });

  it.each(faults)('%s: the caller of a stream is told', async (_, { fault, stream, patience }) => {
    expect(await meet(fault, true, patience)).toEqual(told(stream));
  });

  it.each(faults)('%s: the caller who waits for a whole answer is told', async (_, row) => {
    expect(await meet(row.fault, false, row.patience)).toEqual(told(row.whole));
  });

  it('hangs in mid-stream: both are told', async () => {
    const fault = { kind: 'hang-mid-stream', ...three } as const;
    const broken = told(brokenAfter('Hello, 世', 'upstream_timeout'));
    expect(await meet(fault, true, 'impatient in mid-stream')).toEqual(broken);
    const late = told(refused(504, 'upstream_timeout'));
    expect(await meet(fault, false, 'impatient in mid-stream')).toEqual(late);
  });
});
