import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';

/** What of a config decides whether the model is brought (reference: ollama/types/model/config.go). */
const Config = z.looseObject({
  remote_host: z.string().nullish(),
  remote_model: z.string().nullish(),
  requires: z.string().nullish(),
});

/** @throws GatewayError `upstream_error` for a model that runs elsewhere, or that this Ollama could not run. */
export function checkConfig(text: string, ollamaVersion: string): void {
  const config = Config.safeParse(parsed(text)).data;
  if (!config) throw refused('its config cannot be read');
  if (config.remote_host || config.remote_model) throw refused("it only stands for one of Ollama's cloud");
  if (config.requires && isNewer(config.requires, ollamaVersion)) {
    throw refused(`it requires Ollama ${config.requires.slice(0, 40)}, and the one here is ${ollamaVersion}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `v0.30.1` and `0.30.1-rc2` count as 0.30.1. */
function isNewer(wanted: string, present: string): boolean {
  const [one, other] = [numbersOf(wanted), numbersOf(present)];
  for (const [index, number] of one.entries()) {
    const difference = number - (other[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

const numbersOf = (version: string) => (version.match(/\d+/g) ?? []).slice(0, 3).map(Number);

const refused = (problem: string) =>
  new GatewayError('upstream_error', `This model cannot be brought here: ${problem}.`);
