import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';
import { Sublet } from '../helpers/sublet.ts';

const url = await aDatabaseUrl();
const sublet = new Sublet(url);
const database = connectedTo(url);
const tell = (statement: string) => database.write((db) => db.execute(sql.raw(statement)));

for (const name of ['gpu-1', 'gpu-2'])
  await sublet.text(
    'upstreams',
    'add',
    name,
    '--backend',
    'ollama',
    '--address',
    'env:UPSTREAM_GPU',
    '--slots',
    '2',
  );
await sublet.text('upstreams', 'add', 'cloud', '--backend', 'openai', '--address', 'https://cloud/v1');
await sublet.text('models', 'add', 'm', '--aliases', 'also');
await sublet.text('routes', 'add', 'm', 'gpu-1');
await sublet.text('routes', 'add', 'm', 'gpu-2', '--canary-header', 'x-try: new');
await sublet.text('routes', 'add', 'm', 'cloud', '--tier', '1', '--upstream-model', 'big');

const explain = (...words: string[]) => sublet.json('route', 'explain', '--model', 'm', ...words);
const state = (upstream: string, values: string) =>
  tell(
    `insert into upstream_states (upstream_id, ${values.split('=')[0]}) select id, ${values.split('=')[1]} from upstreams where name = '${upstream}'`,
  );
const forget = () => tell('delete from upstream_states; delete from holds');

describe('the explanation of a route', () => {
  it('says where a call would go, of a model by any of its names', async () => {
    const chosen = { model: 'm', outcome: 'chosen', upstream: 'gpu-1', tier: 0, because: 'turn' };
    expect(await explain()).toMatchObject(chosen);
    expect(await sublet.json('route', 'explain', '--model', 'also')).toMatchObject(chosen);
    expect(await sublet.text('route', 'explain', '--model', 'm')).toMatch(/^→ +gpu-1 +m +0 +1 .*ready$/m);
  });

  it('follows a canary for callers that show its header', async () => {
    expect(await explain('--header', 'X-Try: new')).toMatchObject({ upstream: 'gpu-2', because: 'canary' });
    expect(await explain('--header', 'X-Try: old')).toMatchObject({ upstream: 'gpu-1' });
  });

  it('passes over an upstream that rests, and says so', async () => {
    await state('gpu-1', "open_until=now() + interval '1 hour'");
    const { upstream, upstreamModel, routes } = await explain();
    expect([upstream, upstreamModel]).toEqual(['cloud', 'big']);
    expect(routes[0]).toMatchObject({ upstream: 'gpu-1', fitness: 'resting', breaker: 'open' });
    await forget();
  });

  it('counts the calls of all routers', async () => {
    await tell(`
      insert into holds (request_id, router_id, key_id, consumer_id, root_id, model, price_version, prompt_est, prompt_held, out_held, strict,
        latin, cjk, other, messages, images, admitted_at, line_limit, line_start, line_amount, rate, interval_ms, renewed_at, lease_end, started, upstream)
      select gen_random_uuid(), gen_random_uuid(), 1, 1, 1, 'm', 0, 1, 1, 1, false, 0, 0, 0, 0, 0, now(), '{}', '{}', '{}', 1, 1000, now(),
             now() + interval '1 hour', true, 'gpu-1' from generate_series(1, 2)`);
    const { upstream, routes } = await explain();
    expect(upstream).toBe('cloud');
    expect(routes[0]).toMatchObject({ fitness: 'full', inFlight: 2, slots: 2 });
    await forget();
  });

  it('says when nothing can serve it', async () => {
    await tell(
      `insert into upstream_states (upstream_id, open_until) select id, now() + interval '1 hour' from upstreams`,
    );
    expect(await explain()).toMatchObject({ outcome: 'unserved' });
    expect(await sublet.text('route', 'explain', '--model', 'm')).toContain('refused with 503');
    await forget();
  });

  it('is refused for a model that is not there', async () => {
    expect(await sublet.refusal('route', 'explain', '--model', 'x')).toMatchObject({
      exit: 1,
      code: 'not_found',
    });
  });
});
