import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline, type Readable } from 'node:stream';

/** What `ali-oss` says of a request that it has signed. */
interface Signed {
  method: string;
  headers: Record<string, string>;
  content?: string | Buffer;
  stream?: Readable;
  /** The answer's body is for the caller to read. */
  customResponse?: boolean;
}

interface Answered {
  status: number;
  headers: http.IncomingHttpHeaders;
  res: http.IncomingMessage;
  data?: Buffer;
}

/** A list of a thousand parts has some 200 KB. */
const ANSWER_LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * How `ali-oss` sends its requests, in place of its own client: that one cannot be ended, gives no reason where a
 * stream is refused, and prints what goes wrong in an upload.
 *
 * No redirect is followed, and no connection is kept, to be found dead after a thaw.
 *
 * @param timeoutMs until an answer is there: of one that is a stream, its head.
 */
export const transport = (signal: AbortSignal, timeoutMs: number) => ({
  async request(url: string, signed: Signed): Promise<Answered> {
    const { request } = url.startsWith('https:') ? https : http;
    const { method, headers } = signed;
    const outgoing = request(url, { method, headers, signal, agent: false });
    const tooSlow = setTimeout(() => outgoing.destroy(lost('Timeout')), timeoutMs);
    try {
      const res = await answerTo(outgoing, signed);
      const status = res.statusCode ?? 0;
      const answered = { status, headers: res.headers, res };
      if (signed.customResponse && status < 300) return answered;
      const data = await bodyOf(res);
      outgoing.destroy(); // it may be answered before it was sent
      return { ...answered, data };
    } catch (error) {
      outgoing.destroy();
      throw lost((error as NodeJS.ErrnoException).code ?? 'Error');
    } finally {
      clearTimeout(tooSlow);
    }
  },
});

function answerTo(outgoing: http.ClientRequest, { content, stream }: Signed): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve).on('error', reject);
    if (!stream) {
      outgoing.end(content);
      return;
    }
    pipeline(stream, outgoing, (error) => {
      if (error) reject(error);
    });
  });
}

async function bodyOf(answer: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_LIMIT_BYTES) throw lost('EndlessAnswer');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** In the form in which `ali-oss` knows what never was answered. */
const lost = (code: string) => Object.assign(new Error(code), { name: code, code, status: -1 });
