import type { OllamaProxy } from './proxy.ts';

/** Whether Ollama answers and has the models of the configuration in memory. No name is told: anybody may ask. */
export async function readiness({ engine, config }: OllamaProxy): Promise<Response> {
  const loaded = new Set((await engine.loaded())?.map(({ name }) => name));
  const { state } = engine;
  const wanted = config.MODELS_TO_LOAD;
  const present = wanted.filter((name) => loaded.has(name)).length;
  const isReady = state.status === 'running' && present === wanted.length;
  return Response.json(
    {
      status: isReady ? 'ready' : 'unavailable',
      ollama: state,
      models: { wanted: wanted.length, loaded: present },
    },
    { status: isReady ? 200 : 503, headers: { 'cache-control': 'no-store' } },
  );
}
