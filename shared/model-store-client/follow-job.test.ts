import { describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.ts';
import type { JobState, ModelJob } from '../model-jobs/job.ts';
import { followJob } from './follow-job.ts';

const done = { phase: null, layers: [], completedBytes: 0, totalBytes: 0 };
const job = (state: JobState): ModelJob => ({
  ...{ id: 'job_1', kind: 'pull', model: 'h/n/m/t', request: {}, requestedBy: 'operator', attempt: 1 },
  ...{ stopRequested: false, result: null, createdAt: '', updatedAt: '', state },
});
const RUNNING = job({ status: 'running', ...done });
const READY = job({ status: 'ready', manifestDigest: null, endedAt: '', ...done });

type Connection = (ModelJob | Error)[];

/** A store whose connections bring these in turn; each ends after its last. */
function aStore(connections: Connection[]) {
  let opened = 0;
  return {
    get opened() {
      return opened;
    },
    async *watch(): AsyncGenerator<ModelJob, void> {
      opened += 1;
      for (const each of connections.shift() ?? []) {
        if (each instanceof Error) throw each;
        yield each;
      }
    },
  };
}

const lost = new GatewayError('upstream_error', 'The connection was lost.');
const { signal } = new AbortController();
const pauses: number[] = [];
const pause = async (failures: number) => pauses.push(failures);
async function follow(store: ReturnType<typeof aStore>): Promise<ModelJob[]> {
  const seen: ModelJob[] = [];
  for await (const state of followJob(store, 'job_1', { signal, pause })) seen.push(state);
  return seen;
}

describe('following a job', () => {
  it('goes over as many connections as it takes, and ends with the job', async () => {
    const store = aStore([[RUNNING, lost], [], [lost], [RUNNING], [RUNNING, READY], [RUNNING]]);
    expect(await follow(store)).toEqual([RUNNING, RUNNING, RUNNING, READY]);
    expect(store.opened).toBe(5);
  });

  it('waits longer from failure to failure, and begins anew once something was told', async () => {
    pauses.length = 0;
    await follow(aStore([[lost], [lost], [RUNNING, lost], [READY]]));
    expect(pauses).toEqual([1, 2, 1]);
  });

  it.each<[string, Connection[]]>([
    ['cannot be reached', Array.from({ length: 20 }, () => [lost])],
    ['says nothing', []],
  ])('is given up where the store %s', async (_, connections) => {
    const store = aStore(connections);
    await expect(follow(store)).rejects.toMatchObject({ failure: 'upstream_error' });
    expect(store.opened).toBe(8);
  });

  it('ends at once where the store does not know the job', async () => {
    const unknown = new GatewayError('not_found', 'There is no such job.');
    await expect(follow(aStore([[unknown], [READY]]))).rejects.toBe(unknown);
  });

  it('ends in silence when nobody wants it any more', async () => {
    const left = new AbortController();
    const seen: ModelJob[] = [];
    for await (const state of followJob(aStore([[RUNNING, lost], [READY]]), 'job_1', {
      signal: left.signal,
      pause,
    })) {
      seen.push(state);
      left.abort();
    }
    expect(seen).toEqual([RUNNING]);
  });
});
