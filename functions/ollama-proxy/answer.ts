import type { Exchange } from '#shared/http/exchange.ts';
import { loadOf } from './loads/load.ts';
import { AnswerMeter, type Measured } from './metrics/answer-meter.ts';
import type { OllamaProxy } from './proxy.ts';
import { passOn } from './relay/pass-on.ts';
import { readRequest } from './relay/read-request.ts';

/** Answers a request for which a model works: a place in the line, the model in memory, a slot, and then Ollama. */
export async function answerInference(proxy: OllamaProxy, path: string, exchange: Exchange): Promise<void> {
  const { config, engine, gate, metrics } = proxy;
  const { incoming, outgoing, hungUp, facts } = exchange;
  const { bytes, body, model } = await readRequest(incoming, config);
  facts.model = model;
  const visit = gate.enter();
  outgoing.setHeader('x-queue-position', String(visit.position));
  try {
    const { ollama, loads } = await engine.life(config.QUEUE_WAIT_MS, hungUp);
    const load = loadOf(model, path, body);
    const outcome = await loads.ensure(load, hungUp);
    await visit.takeSlot(hungUp);
    // Another model may have pushed it out while we stood in the line.
    if (outcome === 'loaded') await loads.ensure(load, hungUp);
    const meter = new AnswerMeter((measured) => {
      noteMeasured(exchange, measured);
      metrics.answer(model, measured);
    });
    await passOn(ollama, exchange, { ...timeouts(config), path, body: bytes, meter });
  } finally {
    visit.leave();
  }
}

/** Answers what needs no model to work: nobody waits for it. */
export async function answerListing(
  { config, engine }: OllamaProxy,
  path: string,
  exchange: Exchange,
): Promise<void> {
  const isQuestion = exchange.incoming.method === 'POST';
  const request = isQuestion ? await readRequest(exchange.incoming, config) : undefined;
  const { ollama } = await engine.life(config.QUEUE_WAIT_MS, exchange.hungUp);
  await passOn(ollama, exchange, {
    ...timeouts(config),
    path,
    ...(request && { body: request.bytes }),
    meter: new AnswerMeter(() => {}),
  });
}

const timeouts = ({ CALLER_READ_TIMEOUT_MS, SLOT_REST_MS }: OllamaProxy['config']) => ({
  callerReadTimeoutMs: CALLER_READ_TIMEOUT_MS,
  slotRestMs: SLOT_REST_MS,
});

function noteMeasured({ facts }: Exchange, { promptTokens, outputTokens }: Measured): void {
  if (promptTokens !== undefined) facts.promptTokens = promptTokens;
  if (outputTokens !== undefined) facts.outputTokens = outputTokens;
}
