import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLog } from '#shared/log.ts';
import { LogLines } from './log-lines.ts';

function aReader() {
  const logged: Record<string, unknown>[] = [];
  const lines = new LogLines(createLog('test', (line) => logged.push(JSON.parse(line))));
  return { lines, shown: () => logged.map(({ line, linesLeftOut }) => line ?? linesLeftOut) };
}

describe("Ollama's words in our log", () => {
  it('come line by line, however they were cut, the last one too', async () => {
    const { lines, shown } = aReader();
    const stream = new PassThrough();
    lines.read(stream);
    for (const part of ['level=INFO msg="a', '…"\r\nlevel=', 'WARN\n\nlast']) stream.write(part);
    stream.end();
    await new Promise((resolve) => stream.once('close', resolve));
    expect(shown()).toEqual(['level=INFO msg="a…"', 'level=WARN', 'last']);
  });

  it.each([
    ['[GIN] 2026/11/22 - 11:00:00 | 200 | 1ms | 127.0.0.1 | GET "/"', []],
    [
      'level=ERROR msg="error parsing tool call: raw=\'my secret\', err=x"',
      ['level=ERROR msg="error parsing tool call: raw=…'],
    ],
    [
      'level=DEBUG msg="completion request" prompt="my secret"',
      ['level=DEBUG msg="completion request" prompt=…'],
    ],
    ['level=INFO msg="loaded" model=tiny', ['level=INFO msg="loaded" model=tiny']],
  ])("have no access lines and nobody's sayings: %s", (line, expected) => {
    const { lines, shown } = aReader();
    lines.write(line);
    expect(shown()).toEqual(expected);
  });

  it('are short, and a flood of them is left out and counted', () => {
    const { lines, shown } = aReader();
    for (let count = 0; count < 1_000; count += 1) lines.write('x'.repeat(10_000), 0);
    expect(shown()).toHaveLength(200);
    expect(shown()[0]).toHaveLength(2_000);
    lines.write('after', 20_000);
    expect(shown().slice(200)).toEqual([800, 'after']);
  });

  it('do not pile up where a line does not end', () => {
    const { lines, shown } = aReader();
    const stream = new PassThrough();
    lines.read(stream);
    const flood = Buffer.alloc(64 * 1024 + 1, 'x');
    for (let count = 0; count < 10; count += 1) stream.write(flood);
    stream.write('\nnext\n');
    stream.end();
    return new Promise((resolve) => stream.once('close', resolve)).then(() =>
      expect(shown()).toContain('next'),
    );
  });
});
