import { signCredential } from '#shared/credential/sign-credential.ts';
import type { LocalFc } from '../fc/local-fc.ts';
import { askOllama, type FoundOllama } from './find-ollamas.ts';

interface FoundProxy extends FoundOllama {
  slots: number;
}

/**
 * What ollama-proxy has to offer, once its Ollama has started and has tried to load what it was told to; undefined
 * where none runs.
 */
export async function askProxy({ functions }: LocalFc, secret: string): Promise<FoundProxy | undefined> {
  const proxy = functions.get('ollama-proxy');
  if (!proxy) return undefined;
  await proxy.warmUp();
  const found = await askOllama(proxy.url, async (method, path) => {
    const demand = { audience: 'ollama-proxy', subject: 'npm start', method, path } as const;
    return { authorization: `Bearer ${await signCredential(secret, demand)}` };
  });
  return { ...found, slots: Number(proxy.environment.OLLAMA_NUM_PARALLEL) };
}
