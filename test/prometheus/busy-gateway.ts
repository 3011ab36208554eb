import type { LedgerDatabase } from '../helpers/ledger-database.ts';
import { given, type Story } from '../ledger/given.ts';

/** Upstreams, a route, limits and jobs, so that there is something of everything to be shown. */
export async function aBusyGateway(ledger: LedgerDatabase): Promise<Story> {
  const story = await given(ledger, {
    limits: [
      { metric: 'tokens', win: 'month', amount: 1_000_000 },
      { metric: 'parallel', win: 'open', amount: 100 },
    ],
  });
  const { sql } = ledger;
  await sql`insert into upstreams (name, backend, address, slots) values ('a', 'ollama', 'http://127.0.0.1:1', 4)`;
  await sql`insert into upstreams (name, backend, address) values ('b', 'openai', 'http://127.0.0.1:2')`;
  await sql`insert into routes (model, upstream_id, upstream_model) select 'm1', id, 'qwen3' from upstreams`;
  await sql`insert into upstream_states (upstream_id, failures, open_until, loaded)
            select id, 3, clock_timestamp() + interval '1 hour', '{qwen3:latest}' from upstreams`;
  await sql`insert into model_jobs (id, kind, model, request, requested_by) values ('1', 'pull', 'qwen3', '{}', 'operator')`;
  return story;
}

/** Calls that end in every way there is: answered, failed, hung up on, lost, lost and found, and one still under way. */
export async function someCalls(ledger: LedgerDatabase, story: Story, times: number): Promise<void> {
  for (let n = 1; n <= times; n += 1) {
    const facts = {
      firstTokenMs: 130 * n,
      totalMs: 900 * n,
      attempts: [
        { upstream: 'b', because: 'turn' },
        { upstream: 'a', because: 'turn' },
      ],
    };
    const call = () => story.admitted({ prompt: 40, output: 400 });
    await story.settle(await call(), 30 + n, 100 + n, { ...facts, upstream: 'a', reason: 'stop' });
    await story.settle(await call(), 45, 7, { ...facts, upstream: 'b', reason: 'upstream_error' });
    await story.settle(await call(), 12, 3, { ...facts, upstream: 'a', reason: 'caller_gone' });
    await story.release(await call());
    const lost = [await call(), await call()] as const;
    for (const one of lost) await story.renew(one, { progress: 11 * n, firstToken: true });
    await story.waits(60_000);
    await ledger.sweep(10);
    await story.settle(lost[1], 38, 21, { ...facts, upstream: 'a', reason: 'stop' });
  }
  // What expired is counted when it can no longer be corrected.
  await story.waits(3_700_000);
  await ledger.sweep(10);
  await story.renew(await story.admitted(), { upstream: 'a' });
}
