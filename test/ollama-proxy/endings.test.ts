import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/chaos-eventually.ts';
import { isAlive } from './is-alive.ts';
import { aRunningStage } from './stage.ts';

describe('a connection that breaks in the middle', () => {
  it('is told on a line of its own, after what there was of the last', async () => {
    const stage = await aRunningStage();
    await (await stage.chat()).text();
    await stage.order({ fault: { kind: 'cut-mid-line', afterChunks: 1 }, path: '/api/chat' });
    const [first, cut, told, ...rest] = (await (await stage.chat()).text()).split('\n');
    expect(JSON.parse(first!)).toMatchObject({ done: false });
    expect(() => JSON.parse(cut!)).toThrow();
    expect(JSON.parse(told!)).toEqual({ error: 'Ollama ended in the middle of its answer.' });
    expect(rest).toEqual(['']);
  });

  it('cuts an answer that is no stream', async () => {
    const stage = await aRunningStage();
    await (await stage.chat()).text();
    await stage.order({ fault: { kind: 'cut-mid-line' }, path: '/api/chat' });
    await expect(stage.chat({ stream: false }).then((answer) => answer.text())).rejects.toThrow();
  });
});

describe('the end of the proxy', () => {
  it('unloads what is loaded, and ends Ollama', async () => {
    const stage = await aRunningStage({ STOP_TIMEOUT_MS: '60000' });
    await (await stage.chat()).text();
    await stage.order({ ignoreSigterm: true }); // so that it can still be asked what it was told
    const hooked = stage.hook('/pre-stop');
    await eventually(async () => (await stage.seen()).requests.at(-1)?.bodyText).toContain('"keep_alive":0');
    const { pid } = await stage.seen();
    await eventually(() => stage.readyz()).toMatchObject({ ollama: { status: 'stopping' } });
    process.kill(pid, 'SIGKILL');
    expect(await hooked).toBe(200);
    expect((await stage.readyz()).ollama).toEqual({ status: 'stopped' });
    expect((await stage.chat()).status).toBe(503);
  });

  it('kills an Ollama that ignores the wish', async () => {
    const stage = await aRunningStage({ STOP_TIMEOUT_MS: '100' });
    const { pid } = await stage.seen();
    await stage.order({ ignoreSigterm: true });
    await stage.hook('/pre-stop');
    expect(isAlive(pid)).toBe(false);
  });

  it('comes within its bound also for an answer that would go on', async () => {
    const stage = await aRunningStage({ DRAIN_TIMEOUT_MS: '100' });
    await (await stage.chat()).text();
    await stage.order({ fault: { kind: 'hang-mid-stream', afterChunks: 1 }, path: '/api/chat' });
    const answer = await stage.chat();
    expect(await stage.hook('/pre-stop')).toBe(200);
    expect(await answer.text()).toContain('{"error":"Ollama ended in the middle of its answer."}');
  });
});
