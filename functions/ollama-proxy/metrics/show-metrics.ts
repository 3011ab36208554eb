import type { OllamaProxy } from '../proxy.ts';

/** All that is measured here, as a Prometheus reads it; Ollama is asked for the card's memory now. */
export async function showMetrics({ config, engine, gate, metrics }: OllamaProxy): Promise<Response> {
  const text = await metrics.text({
    slots: config.OLLAMA_NUM_PARALLEL,
    slotsInUse: gate.slotsInUse,
    waiting: gate.waiting,
    loaded: await engine.loaded(),
    state: engine.state,
  });
  return new Response(text, {
    headers: { 'content-type': metrics.contentType, 'cache-control': 'no-store' },
  });
}
