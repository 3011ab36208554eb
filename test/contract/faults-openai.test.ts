import { beforeAll, describe, expect, it } from 'vitest';
import { brokenAtTheEnd, faults, three } from '../helpers/fault-table.ts';
import { aFaultyUpstream, brokenAfter } from '../helpers/faulty-upstream.ts';

let meet: Awaited<ReturnType<typeof aFaultyUpstream>>;

beforeAll(async () => {
  meet = await aFaultyUpstream('openai');
});

describe('an OpenAI-compatible service that', () => {
  it.each(faults)('%s: the caller of a stream is told', async (_, { fault, stream, patience }) => {
    expect(await meet(fault, true, patience)).toEqual(stream);
  });

  it.each(faults)('%s: the caller who waits for a whole answer is told', async (_, row) => {
    expect(await meet(row.fault, false, row.patience)).toEqual(row.whole);
  });

  it('hangs in mid-stream: the caller of a stream is told', async () => {
    const fault = { kind: 'hang-mid-stream', ...three } as const;
    const told = await meet(fault, true, 'impatient in mid-stream');
    expect(told).toEqual(brokenAfter('Hello, 世', 'upstream_timeout'));
  });

  it('ends without its [DONE]: the caller of a stream is told', async () => {
    const told = await meet({ kind: 'cut-without-terminal', from: '[DONE]' }, true);
    expect(told).toEqual(brokenAtTheEnd);
  });
});
