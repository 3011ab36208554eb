import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { eachLine } from './lines.ts';

describe('lines', () => {
  async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
    const stream = new PassThrough();
    const lines: string[] = [];
    eachLine(stream, (line) => lines.push(line));
    for (const chunk of chunks) stream.write(chunk);
    stream.end();
    await finished(stream);
    return lines;
  }

  it('end at LF and at CRLF, and may come in pieces', async () => {
    expect(await linesOf('a', 'b\nc\r', '\n', '\nd\n')).toEqual(['ab', 'c', '', 'd']);
  });

  it('keep a letter whose bytes come apart', async () => {
    const bytes = Buffer.from('房\n');
    expect(await linesOf(bytes.subarray(0, 1), bytes.subarray(1))).toEqual(['房']);
  });

  it('need no end at the end of the stream', async () => {
    expect(await linesOf('a\nlast words')).toEqual(['a', 'last words']);
  });
});
