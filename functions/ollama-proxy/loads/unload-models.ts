import { ask } from '../child/ask.ts';
import { loadedModels } from './loaded-models.ts';

/** Has Ollama let go of all its models, so that nothing of them is left on the card. @throws when it cannot be asked. */
export async function unloadModels(port: number, signal: AbortSignal): Promise<void> {
  for (const { name } of await loadedModels(port, signal)) {
    const { status } = await unload(port, '/api/generate', { model: name, stream: false }, signal);
    if (status >= 400) await unload(port, '/api/embed', { model: name, input: [] }, signal);
  }
}

const unload = (port: number, path: string, body: object, signal: AbortSignal) =>
  ask({ port, method: 'POST', path, body: { ...body, keep_alive: 0 }, signals: [signal] });
