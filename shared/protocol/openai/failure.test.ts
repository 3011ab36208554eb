import { describe, expect, it } from 'vitest';
import { openaiFailure } from './failure.ts';

const body = (error: unknown) => JSON.stringify({ error });

describe('an error of an OpenAI-compatible upstream', () => {
  it.each([
    [400, 'context_length_exceeded', 'context_length_exceeded', 'messages'],
    [400, 'unsupported_parameter', 'unsupported_parameter', null],
    [422, 'whatever', 'invalid_request', null],
    [413, null, 'invalid_request', null],
  ])(
    'with status %i and code %s about the request is told in its own words, as %s',
    (status, code, failure, param) => {
      const error = openaiFailure(status, body({ message: 'Too many words.', code }));
      expect(error).toMatchObject({ failure, param, message: 'Too many words.' });
    },
  );

  it('names the field that the upstream named', () => {
    const error = openaiFailure(400, body({ message: 'no', param: 'messages[3]', code: null }));
    expect(error).toMatchObject({ failure: 'invalid_request', param: 'messages[3]' });
  });

  it('is about the context when its words are, whatever its code', () => {
    const error = openaiFailure(
      400,
      body({ message: "This model's maximum context length is 8192 tokens." }),
    );
    expect(error).toMatchObject({ failure: 'context_length_exceeded', param: 'messages' });
  });

  it('shows no address, and not more than a few lines', () => {
    const message = `bad request to http://10.0.0.5:8000/v1 and 10.0.0.6:80 and https://u:p@host/x ${'y'.repeat(9_000)}`;
    const told = openaiFailure(400, body({ message })).message;
    expect(told).not.toMatch(/10\.0|host|u:p/);
    expect(told.length).toBeLessThanOrEqual(500);
  });

  it.each([401, 403, 404, 500, 502])('with status %i is between us and it', (status) => {
    const error = openaiFailure(status, body({ message: 'Incorrect API key sk-x', code: 'invalid_api_key' }));
    expect(error).toMatchObject({
      failure: 'upstream_error',
      status: 502,
      message: 'The model failed to answer.',
    });
  });

  it('that it is busy is told with its own time to wait, or ours', () => {
    expect(openaiFailure(429, body('slow down'), 7000)).toMatchObject({
      failure: 'server_overloaded',
      retryAfterMs: 7000,
    });
    expect(openaiFailure(503, '')).toMatchObject({ failure: 'server_overloaded', retryAfterMs: 2000 });
  });

  it.each([408, 504])('that it was too slow, with status %i, is a time-out', (status) => {
    expect(openaiFailure(status, '')).toMatchObject({ failure: 'upstream_timeout' });
  });

  it.each([
    '',
    '<html>',
    'null',
    '[]',
    '{"error":null}',
    '{"error":5}',
    '{"error":"no"}',
    '{"error":{"message":{}}}',
    '{"detail":"x"}',
  ])('of any form (%s) is told in some words', (text) => {
    expect(openaiFailure(400, text).message).not.toBe('');
    expect(openaiFailure(undefined, text)).toMatchObject({ failure: 'upstream_error' });
  });

  it('about the request leaves its words out of our log, since they may quote a prompt', () => {
    expect(String(openaiFailure(400, body({ message: 'my prompt' })).cause)).not.toContain('my prompt');
    expect(String(openaiFailure(500, body({ message: 'out of memory' })).cause)).toContain('out of memory');
  });

  it('is told at once, however long it is', () => {
    const startedAtMs = performance.now();
    openaiFailure(400, body({ message: 'x'.repeat(8_000_000) }));
    expect(performance.now() - startedAtMs).toBeLessThan(500);
  });
});
