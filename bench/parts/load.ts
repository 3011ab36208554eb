import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

export interface Load {
  url: string;
  headers: Record<string, string>;
  body: string;
  connections: number;
  requests: number;
  /** So many are sent, however long the answers take; absent = each connection sends the next as soon as its answer has ended. */
  perSecond?: number;
}

/** What the callers saw; times from sending a request to the first and the last byte of the answer's body. */
export interface Ran {
  seconds: number;
  firstMs: number[];
  lastMs: number[];
}

/** Sends requests over keep-alive connections. @throws Error for an answer that is no whole one. */
export async function run({ connections, requests, perSecond, ...request }: Load): Promise<Ran> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const ran: Ran = { seconds: 0, firstMs: [], lastMs: [] };
  const startedMs = performance.now();
  const send = async () => {
    const { firstMs, lastMs } = await once(agent, request);
    ran.firstMs.push(firstMs);
    ran.lastMs.push(lastMs);
  };
  if (perSecond === undefined) await inTurn(send, requests, connections);
  else await paced(send, requests, perSecond);
  ran.seconds = (performance.now() - startedMs) / 1000;
  agent.destroy();
  return ran;
}

async function inTurn(send: () => Promise<void>, requests: number, connections: number): Promise<void> {
  let left = requests;
  const connection = async () => {
    while (left > 0) {
      left -= 1;
      await send();
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
}

async function paced(send: () => Promise<void>, requests: number, perSecond: number): Promise<void> {
  const startedMs = performance.now();
  const sent: Promise<void>[] = [];
  while (sent.length < requests) {
    const due = ((performance.now() - startedMs) * perSecond) / 1000;
    while (sent.length < Math.min(due, requests)) sent.push(send());
    await pause(1);
  }
  await Promise.all(sent);
}

const WHOLE_END = /\[DONE\]|"done":true|"finish_reason":"stop"/;

/** @param onFirst called when the first bytes of the answer's body have come */
export function once(
  agent: Agent | undefined,
  { url, headers, body }: Pick<Load, 'url' | 'headers' | 'body'>,
  onFirst?: () => void,
): Promise<{ firstMs: number; lastMs: number }> {
  return new Promise((resolve, reject) => {
    const length = Buffer.byteLength(body);
    const startedMs = performance.now();
    let firstMs = Number.NaN;
    let last: Buffer | undefined;
    const sent = request(
      url,
      { method: 'POST', agent, headers: { ...headers, 'content-length': length } },
      (reply) => {
        if (reply.statusCode !== 200) reject(new Error(`${url} answered ${reply.statusCode}`));
        reply.once('data', () => {
          firstMs = performance.now() - startedMs;
          onFirst?.();
        });
        reply.on('data', (chunk: Buffer) => {
          last = chunk;
        });
        reply.on('end', () => {
          if (last && WHOLE_END.test(last.toString('latin1')))
            resolve({ firstMs, lastMs: performance.now() - startedMs });
          else reject(new Error(`${url} sent half an answer`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
