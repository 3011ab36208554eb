import type { Answer } from './answer.ts';
import type { ByteRange, Content } from './content.ts';
import type { Fault, Says } from './faults.ts';

/** An answer with all that is to go wrong with it. */
export interface Plan {
  status: number;
  /** An undefined one is not to be sent, not even if it is one that is always sent. */
  headers: Record<string, string | undefined>;
  content: Content;
  range: ByteRange;
  /** The length of the body if it is not the range's; Infinity for no end. */
  lengthBytes: number;
  says: Says;
  wrongBytesAt: number[];
  breaks: Break[];
  pace: { chunkBytes: number; delayMs: number } | undefined;
}

export interface Break {
  afterBytes: number;
  act: 'reset' | 'stall';
  /** When a stall is over. */
  released: Promise<void>;
}

export function planOf({ status, headers, content, range = { start: 0, end: content.size } }: Answer): Plan {
  const lengthBytes = range.end - range.start;
  const says = Number.isFinite(lengthBytes) ? 'what-it-is' : 'nothing';
  return {
    status,
    headers,
    content,
    range,
    lengthBytes,
    says,
    wrongBytesAt: [],
    breaks: [],
    pace: undefined,
  };
}

/** The plan with this fault in it, whatever others it has. Faults that give another answer were at work before. */
export function spoilt(plan: Plan, fault: Fault, released: Promise<void>): Plan {
  switch (fault.kind) {
    case 'headers':
      return { ...plan, headers: { ...plan.headers, ...fault.headers } };
    case 'ignore-range':
      return plan.status === 206 ? withoutRange(plan) : plan;
    case 'other-range':
      return plan.status === 206 ? withOtherRange(plan, fault.shiftBytes) : plan;
    case 'wrong-byte':
      return { ...plan, wrongBytesAt: [...plan.wrongBytesAt, fault.at] };
    case 'short':
      return { ...plan, lengthBytes: Math.min(fault.afterBytes, plan.lengthBytes), says: saysOf(fault) };
    case 'long':
      return { ...plan, lengthBytes: plan.lengthBytes + fault.extraBytes, says: saysOf(fault) };
    case 'endless':
      return { ...plan, lengthBytes: Number.POSITIVE_INFINITY, says: 'nothing' };
    case 'reset':
    case 'stall':
      return {
        ...plan,
        breaks: [...plan.breaks, { afterBytes: fault.afterBytes, act: fault.kind, released }],
      };
    case 'slow':
      return { ...plan, pace: { chunkBytes: fault.chunkBytes, delayMs: fault.delayMs ?? 0 } };
    default:
      return plan;
  }
}

const saysOf = ({ says = 'what-was-asked' }: { says?: Says }) => says;

function withoutRange(plan: Plan): Plan {
  const { 'content-range': _, ...headers } = plan.headers;
  const lengthBytes = plan.content.size;
  return { ...plan, status: 200, headers, range: { start: 0, end: lengthBytes }, lengthBytes };
}

function withOtherRange(plan: Plan, shiftBytes: number): Plan {
  const range = { start: plan.range.start + shiftBytes, end: plan.range.end + shiftBytes };
  const contentRange = `bytes ${range.start}-${range.end - 1}/${plan.content.size}`;
  return { ...plan, range, headers: { ...plan.headers, 'content-range': contentRange } };
}
