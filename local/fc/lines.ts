import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/**
 * Hands over each line of a stream, without its end, and what is left when the stream closes.
 *
 * Not node:readline, which also splits at U+2028 and U+2029: both may stand inside one line of JSON.
 */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (bytes: Buffer) => {
    const lines = (rest + decoder.write(bytes)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line.replace(/\r$/, ''));
  });
  stream.on('close', () => {
    rest += decoder.end();
    if (rest) onLine(rest);
  });
}
