import type { Break, Plan } from './plan.ts';

/** What is done with the connection, one after the other. */
export type Step =
  | { act: 'send'; bytes: Buffer }
  | { act: 'wait'; delayMs: number }
  | { act: 'stall'; released: Promise<void> }
  | { act: 'reset' };

/** The body of an answer with all that goes wrong with it. Lazy: a body may have no end. */
export function* stepsOf(plan: Plan): Generator<Step> {
  const { pace } = plan;
  for (const step of brokenOff(wrong(resized(plan), plan), plan.breaks)) {
    if (step.act !== 'send' || !pace) {
      yield step;
      continue;
    }
    for (let at = 0; at < step.bytes.length; at += pace.chunkBytes) {
      yield { act: 'send', bytes: step.bytes.subarray(at, at + pace.chunkBytes) };
      yield { act: 'wait', delayMs: pace.delayMs };
    }
  }
}

const FILLING = Buffer.alloc(64 * 1024, ' ');

/** As many bytes as there shall be: cut off, or filled up. */
function* resized({ content, range, lengthBytes }: Plan): Generator<Buffer> {
  let left = lengthBytes;
  for (const chunk of content.read(range)) {
    if (left <= 0) return;
    yield chunk.subarray(0, Math.min(chunk.length, left));
    left -= chunk.length;
  }
  for (; left > 0; left -= FILLING.length) yield FILLING.subarray(0, Math.min(FILLING.length, left));
}

function* wrong(chunks: Iterable<Buffer>, { range, wrongBytesAt }: Plan): Generator<Buffer> {
  let at = range.start;
  for (const chunk of chunks) {
    const from = at;
    at += chunk.length;
    const hit = wrongBytesAt.filter((place) => from <= place && place < at);
    if (hit.length === 0) {
      yield chunk;
      continue;
    }
    const spoilt = Buffer.from(chunk); // a copy: the bytes are the blob's own
    for (const place of hit) spoilt[place - from]! ^= 1;
    yield spoilt;
  }
}

/** A break beyond the end of the body comes at its end: what was planned happens. */
function* brokenOff(chunks: Iterable<Buffer>, breaks: readonly Break[]): Generator<Step> {
  const due = breaks.toSorted((one, other) => one.afterBytes - other.afterBytes);
  let sent = 0;
  for (let chunk of chunks) {
    while (due[0] && due[0].afterBytes <= sent + chunk.length) {
      const { act, afterBytes, released } = due.shift()!;
      const before = chunk.subarray(0, afterBytes - sent);
      if (before.length > 0) yield { act: 'send', bytes: before };
      chunk = chunk.subarray(before.length);
      sent += before.length;
      yield act === 'stall' ? { act, released } : { act };
    }
    if (chunk.length > 0) yield { act: 'send', bytes: chunk };
    sent += chunk.length;
  }
  for (const { act, released } of due) yield act === 'stall' ? { act, released } : { act };
}
