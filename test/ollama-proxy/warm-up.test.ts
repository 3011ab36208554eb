import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/chaos-eventually.ts';
import { aStage, running, type Stage } from './stage.ts';

const endings = async (stage: Stage) => (await stage.seen()).loads.map(({ ending }) => ending);
const loading = (stage: Stage, ...expected: string[]) => eventually(() => endings(stage)).toEqual(expected);

describe('the models of the configuration', () => {
  const models = { MODELS_TO_LOAD: 'tiny, other:latest', OLLAMA_MAX_LOADED_MODELS: '2' };

  it('are in memory when /initialize has answered, and only then is the proxy ready', async () => {
    const stage = await aStage(models, { holdLoads: true });
    await running(stage);
    await loading(stage, 'loading');
    expect(await stage.readyz()).toMatchObject({ status: 'unavailable', models: { wanted: 2, loaded: 0 } });
    const initialized = stage.hook('/initialize');
    await stage.order({ holdLoads: false });
    expect(await initialized).toBe(200);
    expect(await stage.readyz()).toMatchObject({ status: 'ready', models: { wanted: 2, loaded: 2 } });
    expect(await endings(stage)).toEqual(['loaded', 'loaded']);
  });

  it('may be such as make vectors', async () => {
    const stage = await aStage({ MODELS_TO_LOAD: 'embed' });
    await stage.hook('/initialize');
    expect(await stage.readyz()).toMatchObject({ status: 'ready', models: { wanted: 1, loaded: 1 } });
  });

  it('may be missing: the proxy says that it is not ready, and serves the others', async () => {
    const stage = await aStage({ MODELS_TO_LOAD: 'tiny,nobody', OLLAMA_MAX_LOADED_MODELS: '2' });
    await stage.hook('/initialize');
    expect(await stage.readyz()).toMatchObject({ status: 'unavailable', models: { wanted: 2, loaded: 1 } });
    expect((await stage.chat()).status).toBe(200);
  });

  it('go on loading when /initialize may not wait any longer', async () => {
    const stage = await aStage({ ...models, INITIALIZE_TIMEOUT_MS: '2000' }, { holdLoads: true });
    expect(await stage.hook('/initialize')).toBe(200);
    await loading(stage, 'loading');
    await stage.order({ holdLoads: false });
    await loading(stage, 'loaded', 'loaded');
  });

  it('are loaded again after a restart, and tried again after a failure', async () => {
    const stage = await aStage(models);
    await stage.hook('/initialize');
    stage.orderStarts({ failLoads: 'llama-server process has terminated' });
    await stage.order({ crash: 'now' }).catch(() => {});
    await running(stage, 2);
    await eventually(() => endings(stage)).toContain('failed');
    expect((await stage.readyz()).status).toBe('unavailable');
    await stage.order({ failLoads: null });
    await eventually(async () => (await stage.readyz()).status).toBe('ready');
  });
});
