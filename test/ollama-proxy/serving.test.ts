import { describe, expect, it } from 'vitest';
import { metric } from './metric.ts';
import { aRunningStage } from './stage.ts';

describe('a proxy whose Ollama runs', () => {
  it('passes a chat on byte for byte, as a stream and as a whole', async () => {
    const stage = await aRunningStage();
    const stream = await stage.chat();
    expect(stream.headers.get('content-type')).toBe('application/x-ndjson');
    expect(stream.headers.get('x-queue-position')).toBe('0');
    const lines = (await stream.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ model: 'tiny', done: true, eval_count: expect.any(Number) });
    const whole = await stage.chat({ stream: false });
    expect(await whole.json()).toMatchObject({ done: true, message: { role: 'assistant' } });
  });

  it('hands on the very bytes of a request, and nothing of its head but type and accept', async () => {
    const stage = await aRunningStage();
    const body = '{ "messages":[{"role":"user","content":"h\\u0069"}],\n"model" : "tiny", "stream":false }';
    const headers = {
      origin: 'https://evil.example',
      cookie: 'session=1',
      forwarded: 'for=1.2.3.4',
      'x-forwarded-for': '1.2.3.4',
      'x-fc-security-token': 'STS-secret',
      'content-type': 'application/json',
      accept: 'application/x-ndjson',
    };
    const answer = await stage.call('/api/chat?x=1', {}, { method: 'POST', body, headers });
    expect(answer.status).toBe(200);
    const { requests } = await stage.seen();
    const seen = requests.find(({ path }) => path === '/api/chat')!;
    expect(seen.bodyText).toBe(body);
    expect(seen.query).toBe('');
    expect(seen.headers).toEqual({
      host: stage.ollama().slice('http://'.length),
      accept: 'application/x-ndjson',
      'content-type': 'application/json',
      'content-length': String(body.length),
      connection: 'close',
    });
  });

  it('lists, shows and tells its version', async () => {
    const stage = await aRunningStage();
    expect(await (await stage.call('/')).text()).toBe('Ollama is running');
    expect((await stage.call('/', undefined, { method: 'HEAD' })).status).toBe(200);
    expect(await (await stage.call('/api/version')).json()).toEqual({ version: '0.33.0' });
    const { models } = (await (await stage.call('/api/tags')).json()) as { models: { name: string }[] };
    expect(models.map(({ name }) => name).toSorted()).toEqual([
      'embed:latest',
      'other:latest',
      'tiny:latest',
    ]);
    expect(await (await stage.call('/api/show', { model: 'tiny' })).json()).toHaveProperty('details');
    await (await stage.chat()).text();
    const loaded = (await (await stage.call('/api/ps')).json()) as { models: object[] };
    expect(loaded.models).toMatchObject([{ name: 'tiny:latest' }]);
  });

  it("gives Ollama's own refusal where a model is not there", async () => {
    const stage = await aRunningStage();
    const answer = await stage.chat({ model: 'nobody' });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ error: "model 'nobody' not found" });
  });

  it('gives Ollama the environment of a guarded instance, and none of ours', async () => {
    const stage = await aRunningStage({
      OLLAMA_CONTEXT_LENGTH: '2048',
      OLLAMA_FLASH_ATTENTION: '1',
      NVIDIA_VISIBLE_DEVICES: 'all',
      OLLAMA_DEBUG: '1',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret',
      FC_ACCOUNT_ID: '1',
    });
    const { environment } = await stage.seen();
    expect(environment).toMatchObject({
      OLLAMA_HOST: stage.ollama().slice('http://'.length),
      OLLAMA_NOPRUNE: '1',
      OLLAMA_NO_CLOUD: '1',
      OLLAMA_KEEP_ALIVE: '-1',
      OLLAMA_GO_TEMPLATE: '1',
      OLLAMA_NUM_PARALLEL: '2',
      OLLAMA_CONTEXT_LENGTH: '2048',
      OLLAMA_LOAD_TIMEOUT: '300000ms',
      OLLAMA_FLASH_ATTENTION: '1',
      NVIDIA_VISIBLE_DEVICES: 'all',
    });
    const allowed = /^(PATH|HOME|LD_LIBRARY_PATH|(OLLAMA|NVIDIA|CUDA)_\w+)$/;
    expect(Object.keys(environment).filter((name) => !allowed.test(name))).toEqual([]);
    expect(environment).not.toHaveProperty('OLLAMA_DEBUG');
    expect(environment).not.toHaveProperty('OLLAMA_COMMAND');
  });

  it('measures what it serves, under names that Ollama lists', async () => {
    const stage = await aRunningStage();
    await (await stage.chat()).text();
    await (await stage.chat({ model: 'nobody' })).text();
    await (await stage.call('/somewhere')).text();
    expect(await metric(stage, 'slots')).toEqual({ '': 2 });
    expect(await metric(stage, 'slots_in_use')).toEqual({ '': 0 });
    expect(await metric(stage, 'state')).toMatchObject({ 'state="running"': 1, 'state="restarting"': 0 });
    expect(await metric(stage, 'requests_total')).toMatchObject({
      'path="/api/chat",status="2xx"': 1,
      'path="/api/chat",status="4xx"': 1,
      'path="other",status="4xx"': 1,
    });
    expect(await metric(stage, 'loads_total')).toEqual({
      'model="tiny:latest",outcome="loaded"': 1,
      'model="other",outcome="refused"': 1,
    });
    const tokens = await metric(stage, 'tokens_total');
    expect(tokens['model="tiny:latest",kind="output"']).toBeGreaterThan(0);
    expect(Object.keys(await metric(stage, 'gpu_memory_bytes'))).toEqual(['model="tiny:latest"']);
  });
});
