import { GatewayError } from '#shared/errors.ts';

interface Details {
  cause: Error;
}

interface Rule {
  pattern: RegExp;
  /** With a 5xx the same words are about the operator's settings, such as a context that the GPU cannot hold. */
  only4xx?: true;
  failure(details: Details): GatewayError;
}

/**
 * What Ollama's texts say; the first that fits is it. Those about a request or a model's own doing come with a 500, too:
 * taken for the upstream's fault, they would be tried again elsewhere, and a few would have it rest for everybody.
 */
export const RULES: readonly Rule[] = [
  {
    pattern: /error parsing tool call/i,
    failure: (details) =>
      new GatewayError('model_error', 'The model called a tool in a way that cannot be understood.', details),
  },
  {
    pattern: /unsupported value: (NaN|[+-]Inf)/,
    failure: (details) =>
      new GatewayError('model_error', 'The model made a vector of this that has no numbers in it.', details),
  },
  {
    pattern: /invalid JSON schema|invalid format|failed to parse grammar|initialize samplers/i,
    failure: (details) =>
      new GatewayError('invalid_request', 'This model cannot keep to this format.', {
        ...details,
        param: 'response_format',
      }),
  },
  {
    pattern: /failed to process inputs|image: unknown format|invalid image|illegal base64/i,
    failure: (details) =>
      new GatewayError('invalid_request', 'An image of this request cannot be read.', {
        ...details,
        param: 'messages',
      }),
  },
  {
    only4xx: true,
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
    pattern: /does not support insert/i,
    failure: (details) =>
      new GatewayError('unsupported_parameter', 'This model cannot fill a gap in a text.', {
        ...details,
        param: 'suffix',
      }),
  },
  {
    pattern: /does not support embedding/i,
    failure: (details) =>
      new GatewayError('invalid_request', 'This model does not make embeddings.', {
        ...details,
        param: 'model',
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
