import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

interface Generated {
  text: string;
  tokens: number;
  /** That the model was made for. */
  contextLength: number;
}

const PROGRAM = fileURLToPath(new URL('./generate.mjs', import.meta.url));

/**
 * Has a real engine, in a process of its own, load the model from a store and make so many tokens.
 *
 * @throws Error with the engine's words when the model does not load.
 */
export async function generate(store: string, model: string, tokens: number, seed = 1): Promise<Generated> {
  const args = [PROGRAM, store, model, String(tokens), String(seed)];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as Generated;
}
