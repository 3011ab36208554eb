import type { GatewayError } from '#shared/errors.ts';

/** Ollama's errors are one string; npm `ollama` shows anything else as `[object Object]`. */
export const errorBody = (error: GatewayError) => ({ error: wordsOf(error) });

/** An error inside a stream that has begun: its last line. */
export const failedStream = (error: GatewayError) => `${JSON.stringify(errorBody(error))}\n`;

/** The words, and the field if they are about one and do not name it: the string has no other place for it. */
function wordsOf({ message, failure, param }: GatewayError): string {
  if (param === null || (failure !== 'invalid_request' && failure !== 'unsupported_parameter'))
    return message;
  const field = OUR_NAMES[param] ?? param;
  return names(message, field) ? message : `${message} (${field})`;
}

/** As a word of its own: `thinking` does not name `think`. */
const names = (message: string, field: string) =>
  message.split(/[^\w.[\]]+/).some((word) => word.replace(/\.$/, '') === field);

/** Backends name fields as OpenAI does. */
const OUR_NAMES: Readonly<Record<string, string>> = {
  reasoning_effort: 'think',
  response_format: 'format',
  num_ctx: 'options.num_ctx',
};
