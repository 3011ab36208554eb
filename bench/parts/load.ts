import { Agent, request } from 'node:http';

export interface Load {
  url: string;
  headers: Record<string, string>;
  body: string;
  connections: number;
  requests: number;
}

/** Sends requests over keep-alive connections, each as soon as the one before it has ended. */
export async function run({ url, headers, body, connections, requests }: Load): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let left = requests;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await once(url, agent, headers, body);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  agent.destroy();
}

function once(url: string, agent: Agent, headers: Record<string, string>, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    };
    const sent = request(url, options, (reply) => {
      if (reply.statusCode !== 200) reject(new Error(`${url} answered ${reply.statusCode}`));
      let tail = '';
      reply.on('data', (chunk: Buffer) => {
        tail = chunk.toString('latin1').slice(-200);
      });
      reply.on('end', () =>
        /\[DONE\]|"done":true|"finish_reason":"stop"/.test(tail) ? resolve() : reject(new Error('cut')),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
