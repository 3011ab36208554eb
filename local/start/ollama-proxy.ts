import { accessSync, constants } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { StandIn } from '../fc/stand-in.ts';

const DIST = fileURLToPath(new URL('../../dist/ollama-proxy', import.meta.url));

/** Settings of ollama-proxy that whoever starts it may have, and what its Ollama needs to find the card. */
const PASSED_ON =
  /^(OLLAMA_(NUM_PARALLEL|MAX_LOADED_MODELS|CONTEXT_LENGTH|FLASH_ATTENTION|KV_CACHE_TYPE)|MODELS_TO_LOAD|LD_LIBRARY_PATH|(NVIDIA|CUDA)_\w+)$/;

/**
 * ollama-proxy from its bundle, with the program in the place of the image's Ollama that `OLLAMA_COMMAND` names: a path,
 * or a JSON list with all arguments. Undefined where it names none: then there is no GPU function.
 *
 * @throws Error when there is no such program.
 */
export function ollamaProxyStandIn(
  environment: NodeJS.ProcessEnv,
  dataDirectory: string,
): StandIn | undefined {
  const { OLLAMA_COMMAND, PATH = '' } = environment;
  if (!OLLAMA_COMMAND) return undefined;
  const command = wordsOf(OLLAMA_COMMAND);
  assertProgram(command[0], PATH);
  const passedOn = Object.entries(environment).filter(
    (entry): entry is [string, string] => PASSED_ON.test(entry[0]) && entry[1] !== undefined,
  );
  return {
    command: [process.execPath, '--enable-source-maps', join(DIST, 'server.mjs')],
    directory: DIST,
    environment: {
      ...Object.fromEntries(passedOn),
      OLLAMA_COMMAND: JSON.stringify(command),
      OLLAMA_HOME: join(dataDirectory, 'ollama'),
      // Somebody waits at the terminal; what is not loaded by then goes on loading.
      INITIALIZE_TIMEOUT_MS: '30000',
    },
  };
}

const Words = z.tuple([z.string().min(1)], z.string());

function wordsOf(text: string): z.infer<typeof Words> {
  if (!text.startsWith('[')) return [text, 'serve'];
  try {
    return Words.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error('OLLAMA_COMMAND is neither a program nor a JSON list of strings.', { cause });
  }
}

/** What cannot be started would be tried again and again, as on a GPU instance. */
function assertProgram(file: string, path: string): void {
  const places = file.includes('/') ? [resolve(file)] : path.split(delimiter).map((each) => join(each, file));
  if (!places.some(isExecutable)) throw new Error(`OLLAMA_COMMAND names ${file}, which is no program here.`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
