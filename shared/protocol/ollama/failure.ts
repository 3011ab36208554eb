import { GatewayError } from '#shared/errors.ts';
import { RULES } from './failure-rules.ts';

/**
 * What a caller is told of an error that Ollama reported, before its answer or inside it.
 *
 * Ollama has no error codes, so its texts decide (`server/routes.go`, `server/sched.go` and llama-server's
 * own; reference: ollama.md 1.4). Its words are shown only where they are about the request: others may
 * name files, addresses and the operator's model names.
 *
 * @param status the HTTP status, or undefined for an error line inside a stream.
 */
export function ollamaFailure(status: number | undefined, body: string): GatewayError {
  const text = withoutAnswer((innermostText(body) ?? body).slice(0, TEXT_LIMIT));
  const rule = RULES.find((each) => each.pattern.test(text) && !(each.only4xx && (status ?? 400) >= 500));
  const isAboutRequest =
    status !== undefined && status >= 400 && status < 500 && !NOT_THE_CALLERS_FAULT.has(status);
  // What is about the request may quote it, and no log line has a prompt.
  const words = isAboutRequest ? '(about the request)' : text.slice(0, 500);
  const details = { cause: new Error(`Ollama: ${status ?? 'in stream'} ${words}`) };
  if (rule) return rule.failure(details);
  if (isAboutRequest)
    return new GatewayError('invalid_request', 'The model did not accept this request.', details);
  return new GatewayError('upstream_error', 'The model failed to answer.', details);
}

/** Ollama's own texts are short; a pattern that looks twice must not be given a megabyte. */
const TEXT_LIMIT = 2_000;

/** With a call of a tool that it cannot read, Ollama shows what the model wrote: that is no word of its own, and not for a log. */
const withoutAnswer = (text: string) => text.replace(/raw='.*/s, "raw='…'");

/** A missing credential or a model that the upstream does not have is between us and the upstream. */
const NOT_THE_CALLERS_FAULT = new Set([401, 403, 404, 405, 407, 408, 429]);

/** The `error` string may itself be a JSON text of llama-server's, in which the words are a level deeper. */
function innermostText(said: unknown, depth = 6): string | undefined {
  if (typeof said === 'string') {
    const value = depth > 0 && said.trimStart().startsWith('{') ? parse(said) : undefined;
    return value === undefined ? said : (innermostText(value, depth - 1) ?? said);
  }
  if (typeof said !== 'object' || said === null || depth === 0) return undefined;
  const { error, message } = said as { error?: unknown; message?: unknown };
  return innermostText(error ?? message, depth - 1);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
