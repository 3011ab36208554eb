import * as z from 'zod';
import { ask } from '../child/ask.ts';

const Listing = z.looseObject({
  models: z.array(z.looseObject({ name: z.string(), size_vram: z.number().default(0) })).nullish(),
});

export interface LoadedModel {
  name: string;
  /** Bytes of it in the card's memory. */
  vramBytes: number;
}

/** What Ollama has in memory at this moment (`/api/ps`). @throws when it cannot be asked. */
export async function loadedModels(port: number, signal: AbortSignal): Promise<LoadedModel[]> {
  const signals = [signal, AbortSignal.timeout(ASK_TIMEOUT_MS)];
  const { body } = await ask({ port, method: 'GET', path: '/api/ps', signals });
  const { models } = Listing.parse(JSON.parse(body.toString('utf8')));
  return (models ?? []).map(({ name, size_vram }) => ({ name, vramBytes: size_vram }));
}

const ASK_TIMEOUT_MS = 2_000;
