import { describe, expect, it } from 'vitest';
import { ollamaFailure } from './failure.ts';

const body = (error: unknown) => JSON.stringify({ error });
const inner = JSON.stringify({
  error: {
    code: 400,
    message: 'the request exceeds the available context size, try increasing it',
    type: 'exceed_context_size_error',
  },
});

describe('an error of Ollama', () => {
  it.each([
    [
      'the prompt is longer than the context length currently available to the model; …',
      'context_length_exceeded',
      'messages',
    ],
    ['the input length exceeds the context length', 'context_length_exceeded', 'messages'],
    [inner, 'context_length_exceeded', 'messages'],
    ['registry.ollama.ai/library/x:latest does not support tools', 'unsupported_parameter', 'tools'],
    ['"x" does not support thinking', 'unsupported_parameter', 'reasoning_effort'],
    [
      'invalid think value: "x" (must be "high", "medium", "low", "max", true, or false)',
      'unsupported_parameter',
      'reasoning_effort',
    ],
    ['"x" does not support chat', 'invalid_request', 'model'],
    ['registry.ollama.ai/library/x:latest does not support insert', 'unsupported_parameter', 'suffix'],
    ['This server does not support embeddings. Start it with `--embeddings`', 'invalid_request', 'model'],
    [
      'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj',
      'unsupported_parameter',
      'messages',
    ],
    ['option "temperature" must be of type float32', 'invalid_request', null],
  ])('with status 400, %s, is the fault of the request', (text, failure, param) => {
    expect(ollamaFailure(400, body(text))).toMatchObject({ failure, param });
  });

  it.each([
    ['invalid JSON schema in format', 'invalid_request', 'response_format'],
    [
      'invalid format: "x"; expected "json" or a valid JSON Schema object',
      'invalid_request',
      'response_format',
    ],
    ['Failed to initialize samplers: failed to parse grammar', 'invalid_request', 'response_format'],
    [
      'Failed to create new sequence: failed to process inputs: image: unknown format',
      'invalid_request',
      'messages',
    ],
    ['error parsing tool call: raw=\'{"a":]\', err=invalid character', 'model_error', null],
    ['failed to encode response: json: unsupported value: NaN', 'model_error', null],
  ])('with status 500, %s, is not the fault of the upstream', (text, failure, param) => {
    expect(ollamaFailure(500, body(text))).toMatchObject({ failure, param });
    expect(ollamaFailure(undefined, body(text))).toMatchObject({ failure, param });
  });

  it('that shows what the model wrote is not judged by that, and it does not come into our log', () => {
    const text = 'error parsing tool call: raw=\'{"note":"server busy: my answer\', err=unexpected end';
    const error = ollamaFailure(500, body(text));
    expect(error).toMatchObject({ failure: 'model_error', status: 502, code: 'upstream_error' });
    expect(String(error.cause)).not.toContain('my answer');
  });

  it('for a full queue asks to come back', () => {
    const busy = 'server busy, please try again.  maximum pending requests exceeded';
    expect(ollamaFailure(503, body(busy))).toMatchObject({
      failure: 'server_overloaded',
      status: 503,
      retryAfterMs: 2000,
    });
  });

  it.each([
    [404, "model 'secret-model' not found"],
    [401, 'unauthorized'],
    [403, 'remote model is unavailable'],
    [500, 'llama-server process has terminated: exit status 2 /usr/lib/ollama'],
    [500, 'a context size of 262144 does not fit on GPU at 10.0.0.7'],
    [502, '<html>nginx/1.2 at 10.0.0.7</html>'],
  ])('with status %i, %s, is ours, and its words stay with us', (status, text) => {
    const error = ollamaFailure(status, status === 502 ? text : body(text));
    expect(error).toMatchObject({
      failure: 'upstream_error',
      status: 502,
      message: 'The model failed to answer.',
    });
    expect(String(error.cause)).toContain(text.slice(0, 20));
  });

  it.each([
    ['a text', 'the input length exceeds the context length'],
    ['a JSON text', inner],
    ['an object', { message: 'exceeds the available context size' }],
    ['a JSON text in a JSON text', body(body('context length'))],
  ])('inside a stream is known by its words, when it is %s', (_, error) => {
    expect(ollamaFailure(undefined, body(error))).toMatchObject({ failure: 'context_length_exceeded' });
  });

  it.each([
    '',
    'null',
    '{}',
    '[]',
    '{"error":null}',
    '{"error":5}',
    '{"error":{}}',
    '{"error":[]}',
    '{',
    '{"error":"{"}',
  ])('that says nothing (%s) is a failure all the same', (text) => {
    expect(ollamaFailure(500, text)).toMatchObject({ failure: 'upstream_error' });
    expect(ollamaFailure(400, text)).toMatchObject({ failure: 'invalid_request' });
  });

  it('about the request leaves its words out of our log, since they may quote a prompt', () => {
    expect(String(ollamaFailure(400, body('invalid: my prompt')).cause)).not.toContain('my prompt');
  });

  it('is judged at once, however long or deep it is', () => {
    const startedAtMs = performance.now();
    ollamaFailure(500, body('image '.repeat(100_000)));
    ollamaFailure(undefined, `{"error":{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`);
    expect(performance.now() - startedAtMs).toBeLessThan(500);
  });
});
