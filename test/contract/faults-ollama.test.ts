import { beforeAll, describe, expect, it } from 'vitest';
import { faults, late, three } from '../helpers/fault-table.ts';
import { aFaultyUpstream, brokenAfter } from '../helpers/faulty-upstream.ts';

let meet: Awaited<ReturnType<typeof aFaultyUpstream>>;

beforeAll(async () => {
  meet = await aFaultyUpstream('ollama');
});

describe('an Ollama that', () => {
  it.each(faults)('%s: the caller of a stream is told', async (_, { fault, stream, patience }) => {
    expect(await meet(fault, true, patience)).toEqual(stream);
  });

  it.each(faults)('%s: the caller who waits for a whole answer is told', async (_, row) => {
    expect(await meet(row.fault, false, row.patience)).toEqual(row.whole);
  });

  it('hangs in mid-stream: both are told, since it is read as a stream for both', async () => {
    const fault = { kind: 'hang-mid-stream', ...three } as const;
    const broken = brokenAfter('Hello, 世', 'upstream_timeout');
    expect(await meet(fault, true, 'impatient in mid-stream')).toEqual(broken);
    expect(await meet(fault, false, 'impatient in mid-stream')).toEqual(late);
  });
});
