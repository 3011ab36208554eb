import type { Fault } from './faults.ts';

/** One line of NDJSON, one SSE event, or a whole body. */
export interface Frame {
  text: string;
  part: 'piece' | 'finish' | 'usage' | 'end';
}

/** What the socket is made to do. Everything but `send` and `wait` is the last thing it does. */
export type WireStep =
  | { act: 'send'; bytes: Buffer; isFrameEnd: boolean; isApart: boolean }
  | { act: 'wait'; delayMs: number }
  | { act: 'fail'; message: string }
  | { act: 'hang' | 'destroy' | 'reset' | 'end' };

/** Turns a fault into what happens to each frame. Pure: the index and the frame are all it goes by. */
export function mischief(fault: Fault | undefined): (frame: Frame, index: number) => WireStep[] {
  switch (fault?.kind) {
    case 'hang-before-first-token':
      return () => [{ act: 'hang' }];
    case 'hang-mid-stream':
      return after(fault, () => [{ act: 'hang' }]);
    case 'drip':
      return (frame) => [{ act: 'wait', delayMs: fault.delayMs }, send(frame.text)];
    case 'cut-mid-line':
      return after(fault, (frame) => [apart(half(frame.text)), { act: 'destroy' }]);
    case 'reset':
      return after(fault, () => [{ act: 'reset' }]);
    case 'cut-without-terminal':
      return withoutTerminal(fault.from === '[DONE]' ? ['end'] : ['finish', 'usage', 'end']);
    case 'done-false':
      return withoutTerminal(['finish', 'usage', 'end']);
    case 'error-line':
      return after(fault, () => [
        {
          act: 'fail',
          message: fault.message ?? 'an error was encountered while running the model: CUDA error',
        },
      ]);
    case 'bad-json':
      return badJson(fault.afterChunks ?? 1);
    case 'one-byte-chunks':
      return (frame) => inPieces(Buffer.from(frame.text), () => true);
    case 'split-utf8':
      return (frame) => inPieces(Buffer.from(frame.text), isInsideCharacter);
    default:
      return (frame) => [send(frame.text)];
  }
}

type Mischief = (frame: Frame, index: number) => WireStep[];

const send = (text: string): WireStep => ({
  act: 'send',
  bytes: Buffer.from(text),
  isFrameEnd: true,
  isApart: false,
});

const apart = (bytes: Buffer): WireStep => ({ act: 'send', bytes, isFrameEnd: false, isApart: true });

/** Fires once its chunks have passed, at the latest before the ending: a planned fault always happens. */
const after =
  ({ afterChunks = 1 }: { afterChunks?: number }, strike: (frame: Frame) => WireStep[]): Mischief =>
  (frame, index) =>
    index >= afterChunks || frame.part !== 'piece' ? strike(frame) : [send(frame.text)];

const withoutTerminal =
  (missing: Frame['part'][]): Mischief =>
  (frame) =>
    missing.includes(frame.part) ? [{ act: 'end' }] : [send(frame.text)];

function badJson(afterChunks: number): Mischief {
  let isSpent = false;
  return (frame, index) => {
    const strikes = !isSpent && (index >= afterChunks || frame.part !== 'piece');
    if (!strikes) return [send(frame.text)];
    isSpent = true;
    const line = frame.text.trimEnd();
    return [send(half(line).toString() + frame.text.slice(line.length))];
  };
}

const half = (text: string): Buffer => Buffer.from(text.slice(0, Math.ceil(text.trimEnd().length / 2)));

/** A continuation byte of UTF-8: cutting before it cuts a character. */
const isInsideCharacter = (byte: number) => (byte & 0b1100_0000) === 0b1000_0000;

function inPieces(bytes: Buffer, mayCutBefore: (byte: number) => boolean): WireStep[] {
  const borders = [...bytes.keys()].filter((at) => at > 0 && mayCutBefore(bytes[at]!));
  const starts = [0, ...borders];
  return starts.map((start, index) => ({
    act: 'send',
    bytes: bytes.subarray(start, starts[index + 1] ?? bytes.length),
    isFrameEnd: index === starts.length - 1,
    isApart: true,
  }));
}
