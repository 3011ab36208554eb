import type { Usage } from '../piece.ts';
import { type ChatMeter, type Chunk, isUsageAlone } from './chat-meter.ts';
import { CHAT_CHUNK, type ChunkForm } from './chunk-form.ts';
import { eventText } from './sse-frame.ts';
import { usageObject } from './usage.ts';

/**
 * The end of an upstream's stream that we cut, in the upstream's name: what was kept of it, a finish by length
 * for every choice that has none, the usage if it is to be told, and `[DONE]`.
 */
export function cutEnding(
  kept: readonly Buffer[],
  meter: ChatMeter,
  usage: Usage | undefined,
  form: ChunkForm = CHAT_CHUNK,
): Buffer {
  const shared = sharedFields(meter.first ?? {}, form);
  const noUsage = usage && { usage: null };
  const finishes = meter.unfinished.map((index) => ({
    ...shared,
    choices: [{ index, ...form.nothing, logprobs: null, finish_reason: 'length' }],
    ...noUsage,
  }));
  const chunks = [...finishes, ...(usage ? [{ ...shared, choices: [], usage: usageObject(usage) }] : [])];
  const events = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  return Buffer.concat([
    ...kept.filter((frame) => !tellsUsageAlone(frame)),
    Buffer.from(`${events.join('')}data: [DONE]\n\n`),
  ]);
}

const sharedFields = ({ id, object, created, model }: Chunk, form: ChunkForm) => ({
  id,
  object: object ?? form.object,
  created,
  model,
});

/** Of a frame that was kept, and so has been parsed before. */
function tellsUsageAlone(frame: Buffer): boolean {
  const text = eventText(frame);
  return text !== '' && isUsageAlone(JSON.parse(text) as Chunk);
}
