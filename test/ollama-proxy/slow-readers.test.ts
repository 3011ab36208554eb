import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { signCredential } from '#shared/credential/sign-credential.ts';
import { eventually } from '../helpers/chaos-eventually.ts';
import { metric } from './metric.ts';
import { SECRET } from './signed-call.ts';
import { aRunningStage, type Stage } from './stage.ts';

const FLOOD = fileURLToPath(new URL('./flooding-ollama.ts', import.meta.url));
const settings = { OLLAMA_COMMAND: JSON.stringify([process.execPath, FLOOD]) };

/** More than all buffers of two loopback connections and the proxy's own; a reader that reads gets there at once. */
const MANY_BYTES = 64 * 1024 * 1024;

async function ask(stage: Stage): Promise<IncomingMessage> {
  const demand = { audience: 'ollama-proxy', subject: 'router', method: 'POST', path: '/api/chat' } as const;
  const authorization = `Bearer ${await signCredential(SECRET, demand)}`;
  const sent = request(`${stage.url}/api/chat`, { method: 'POST', headers: { authorization }, agent: false });
  sent.on('error', () => {}).end(JSON.stringify({ model: 'tiny', messages: [] }));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return answer.on('error', () => {});
}

const written = async (stage: Stage) =>
  ((await (await stage.call('/api/tags')).json()) as { written: number }).written;

/** What was written when, for ten looks, nothing more was. */
async function settled(stage: Stage): Promise<number> {
  let last = -1;
  let same = 0;
  await eventually(async () => {
    const now = await written(stage);
    same = now === last ? same + 1 : 0;
    last = now;
    return same >= 10 || now > MANY_BYTES;
  }).toBe(true);
  return last;
}

describe('a caller that does not read', () => {
  it('stops Ollama from writing, and has its answer go on when it reads', async () => {
    const stage = await aRunningStage(settings);
    const answer = await ask(stage);
    const stoppedAt = await settled(stage);
    expect(stoppedAt).toBeLessThan(MANY_BYTES);
    let read = 0;
    answer.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
    await eventually(() => read).toBeGreaterThan(MANY_BYTES);
    answer.destroy();
    await eventually(() => metric(stage, 'slots_in_use')).toEqual({ '': 0 });
    const after = await settled(stage); // Ollama has stopped, too
    expect(await written(stage)).toBe(after);
  });

  it('counts as gone after a while, and its slot is free', async () => {
    const stage = await aRunningStage({ ...settings, CALLER_READ_TIMEOUT_MS: '200' });
    const answer = await ask(stage);
    await eventually(() => metric(stage, 'slots_in_use')).toEqual({ '': 0 });
    const closed = new Promise((resolve) => answer.once('close', resolve));
    answer.resume();
    await closed;
    expect(answer.complete).toBe(false);
  });
});
