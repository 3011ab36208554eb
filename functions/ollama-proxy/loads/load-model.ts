import { GatewayError } from '#shared/errors.ts';
import { ask } from '../child/ask.ts';
import { afterAwake } from '../child/awake-timer.ts';
import type { RunningOllama } from '../child/state.ts';
import { type Load, loadRequest } from './load.ts';

/**
 * Loads a model by a request of our own, which Ollama does not give up because some caller has left.
 *
 * @returns `refused` when Ollama would not even begin (no such model, a field it does not take): then the caller's own
 *   request gets the words that are meant for it.
 * @throws GatewayError `upstream_error` when the load failed, with Ollama's words; `upstream_timeout` beyond the bound.
 */
export async function loadModel(
  ollama: RunningOllama,
  load: Load,
  timeoutMs: number,
): Promise<'loaded' | 'refused'> {
  const late = new AbortController();
  const cancel = afterAwake(timeoutMs, () => late.abort(tooSlow()));
  const signals = [ollama.ended, late.signal];
  try {
    const { path, body } = loadRequest(load);
    const answer = await ask({ port: ollama.port, method: 'POST', path, body, signals });
    ollama.heard();
    if (answer.status < 400) return 'loaded';
    if (answer.status < 500) return 'refused';
    throw failed(`The model could not be loaded: ${wordsOf(answer.body)}`);
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : failed('Ollama ended while it loaded the model.', cause);
  } finally {
    cancel();
  }
}

function wordsOf(body: Buffer): string {
  const text = body.toString('utf8');
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return String(error).slice(0, 500);
  } catch {
    return text.slice(0, 500);
  }
}

const failed = (message: string, cause?: unknown) => new GatewayError('upstream_error', message, { cause });

const tooSlow = () => new GatewayError('upstream_timeout', 'The model was not loaded in time.');
