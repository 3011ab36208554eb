import { type Answer, s3Error } from './answer.ts';
import type { ByteRange, Content } from './content.ts';

/** A `Range` header of one range (RFC 9110, 14.1.2); undefined for anything else, which servers then ignore. */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') return { start: Math.max(0, size - Number(last)), end: size };
  const end = last === '' ? size : Math.min(size, Number(last) + 1);
  return last !== '' && Number(last) < Number(first) ? undefined : { start: Number(first), end };
}

/** 200 with everything, 206 with what was asked for, or 416. */
export function rangedAnswer(content: Content, header: string | undefined): Answer {
  const headers = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' };
  const range = rangeOf(header, content.size);
  if (!range) return { status: 200, headers, content };
  const { start, end } = range;
  if (start >= content.size) {
    const refusal = s3Error(416, 'InvalidRange', 'The requested range cannot be satisfied.');
    return { ...refusal, headers: { ...refusal.headers, 'content-range': `bytes */${content.size}` } };
  }
  const contentRange = `bytes ${start}-${end - 1}/${content.size}`;
  return { status: 206, headers: { ...headers, 'content-range': contentRange }, content, range };
}
