import { GatewayError } from '#shared/errors.ts';

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
  const text = innermostText(body);
  const rule = RULES.find(({ pattern }) => pattern.test(text));
  const details = { cause: new Error(`Ollama: ${status ?? 'in stream'} ${text.slice(0, 500)}`) };
  if (rule) return rule.failure(details);
  if (status !== undefined && status >= 400 && status < 500 && !NOT_THE_CALLERS_FAULT.has(status)) {
    return new GatewayError('invalid_request', 'The model did not accept this request.', details);
  }
  return new GatewayError('upstream_error', 'The model failed to answer.', details);
}

/** A missing credential or a model that the upstream does not have is between us and the upstream. */
const NOT_THE_CALLERS_FAULT = new Set([401, 403, 404, 405, 407, 408, 429]);

interface Details {
  cause: Error;
}

const RULES: { pattern: RegExp; failure(details: Details): GatewayError }[] = [
  {
    pattern: /context (length|size|window)|exceeds? the (available )?context|exceed_context_size/i,
    failure: (details) =>
      new GatewayError(
        'context_length_exceeded',
        'The prompt, with the output that was asked for, is longer than the context of this model.',
        { ...details, param: 'messages' },
      ),
  },
  {
    pattern: /does not support tools/i,
    failure: (details) =>
      new GatewayError('unsupported_parameter', 'This model does not support tools.', {
        ...details,
        param: 'tools',
      }),
  },
  {
    pattern: /does not support thinking|invalid think value/i,
    failure: (details) =>
      new GatewayError('unsupported_parameter', 'This model does not support this kind of thinking.', {
        ...details,
        param: 'reasoning_effort',
      }),
  },
  {
    pattern: /does not support (chat|generate)/i,
    failure: (details) =>
      new GatewayError('invalid_request', 'This model does not chat.', { ...details, param: 'model' }),
  },
  {
    pattern:
      /(image|vision|multimodal|mmproj).*(not support|unsupported)|(not support|unsupported).*(image|vision|multimodal)/i,
    failure: (details) =>
      new GatewayError('unsupported_parameter', 'This model does not take images.', {
        ...details,
        param: 'messages',
      }),
  },
  {
    pattern: /server busy|maximum pending requests/i,
    failure: (details) =>
      new GatewayError(
        'server_overloaded',
        'All places at this model are taken. Please try again in a moment.',
        {
          ...details,
          retryAfterMs: 2000,
        },
      ),
  },
];

/** The `error` string may itself be a JSON text of llama-server's, in which the words are a level deeper. */
function innermostText(body: string, depth = 3): string {
  if (depth === 0 || !body.trimStart().startsWith('{')) return body;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body;
  }
  const inner = fieldOf(value, 'error') ?? fieldOf(value, 'message');
  if (typeof inner === 'string') return innermostText(inner, depth - 1);
  return inner === undefined ? body : innermostText(JSON.stringify(inner), depth - 1);
}

const fieldOf = (value: unknown, name: string): unknown => (value as Record<string, unknown> | null)?.[name];
