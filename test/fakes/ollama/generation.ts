import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Exchange, whileThere } from './exchange.ts';
import type { JsonObject } from './go-json.ts';
import type { Reply, ReplyPiece } from './replies.ts';

export interface ToolCall {
  id: string;
  index: number;
  name: string;
  arguments: JsonObject;
}

/** The counts and durations of the done object; a count of zero is left out on the wire. */
export interface Metrics {
  totalNs: number;
  loadNs: number;
  promptTokens: number;
  promptNs: number;
  outputTokens: number;
  outputNs: number;
}

/** What the model made in one step; each surface has its own form for it. */
export interface Produced {
  text: string;
  thinking: string;
  toolCalls: ToolCall[];
  done?: { reason: 'stop' | 'length' | 'load' | 'unload'; metrics?: Metrics };
}

export interface GenerationLimits {
  promptTokens: number;
  /** num_predict, or what is left of the window when it may not shift. */
  maxOutputTokens: number;
  showsThinking: boolean;
  startedAt: number;
  loadedAt: number;
}

/** Plays the script: one piece is one chunk and one token, and the last chunk is the done one. */
export async function* generate(
  reply: Reply,
  limits: GenerationLimits,
  exchange: Exchange,
): AsyncGenerator<Produced> {
  const { record } = exchange;
  const ready = performance.now();
  const held: ToolCall[] = [];
  record.update({ generation: 'running' });
  try {
    for await (const produced of speak(reply, limits, exchange)) {
      if (reply.toolCallsOn !== 'done-chunk' || produced.toolCalls.length === 0) yield produced;
      else held.push(...produced.toolCalls);
    }
    const isCut = record.outputTokens >= limits.maxOutputTokens;
    if (!isCut && reply.outputTokens !== undefined) record.update({ outputTokens: reply.outputTokens });
    record.update({ generation: 'finished' });
    const reason = isCut ? 'length' : (reply.doneReason ?? 'stop');
    const metrics = measure(limits, ready, reply.promptTokens ?? limits.promptTokens, record.outputTokens);
    yield { text: reply.textOnDone ?? '', thinking: '', toolCalls: held, done: { reason, metrics } };
  } finally {
    if (record.generation === 'running') record.update({ generation: 'stopped' });
  }
}

/** The pieces up to the token limit; the pauses between them end when the client leaves. */
async function* speak(
  reply: Reply,
  { maxOutputTokens, showsThinking }: GenerationLimits,
  { gone, record }: Exchange,
): AsyncGenerator<Produced> {
  let toolCalls = 0;
  for await (const piece of whileWanted(reply.pieces, gone)) {
    if (record.outputTokens >= maxOutputTokens) return;
    if ('pauseMs' in piece || 'until' in piece) {
      await pause(piece, gone);
      continue;
    }
    if ('thinking' in piece && !showsThinking) continue;
    if (reply.delayPerChunkMs) await sleep(reply.delayPerChunkMs, undefined, { signal: gone });
    record.update({ outputTokens: record.outputTokens + 1 });
    yield produce(piece, toolCalls);
    if ('toolCall' in piece) toolCalls += 1;
    gone.throwIfAborted();
  }
}

/** A script that waits for something of its own must not outlive the client either. */
async function* whileWanted(pieces: Reply['pieces'], gone: AbortSignal): AsyncGenerator<ReplyPiece> {
  if (Symbol.iterator in pieces) return yield* pieces;
  const script = pieces[Symbol.asyncIterator]();
  for (;;) {
    const next = await whileThere(gone, script.next());
    if (next.done) return;
    yield next.value;
  }
}

async function pause(piece: { pauseMs: number } | { until: Promise<unknown> }, gone: AbortSignal) {
  if ('until' in piece) await whileThere(gone, piece.until);
  else await sleep(piece.pauseMs, undefined, { signal: gone });
}

type SpokenPiece = Exclude<ReplyPiece, { pauseMs: number } | { until: Promise<unknown> }>;

function produce(piece: SpokenPiece, index: number): Produced {
  if ('text' in piece) return { text: piece.text, thinking: '', toolCalls: [] };
  if ('thinking' in piece) return { text: '', thinking: piece.thinking, toolCalls: [] };
  const { id = `call_${randomBytes(4).toString('hex')}`, name, arguments: args } = piece.toolCall;
  return { text: '', thinking: '', toolCalls: [{ id, index, name, arguments: args }] };
}

function measure(
  limits: GenerationLimits,
  ready: number,
  promptTokens: number,
  outputTokens: number,
): Metrics {
  const now = performance.now();
  return {
    totalNs: nanoseconds(now - limits.startedAt),
    loadNs: nanoseconds(limits.loadedAt - limits.startedAt),
    promptTokens,
    promptNs: nanoseconds(ready - limits.loadedAt),
    outputTokens,
    outputNs: nanoseconds(now - ready),
  };
}

/** At least 1: a duration of zero would be left out, which on a real machine does not happen. */
export const nanoseconds = (milliseconds: number): number => Math.max(1, Math.round(milliseconds * 1e6));
