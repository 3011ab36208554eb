import { expect, it } from 'vitest';
import { GatewayError } from '#shared/errors.ts';
import { errorBody, failedStream } from './error-body.ts';

const error = (message: string, param: string) =>
  new GatewayError('unsupported_parameter', message, { param });

it.each([
  [error('options.num_gpu cannot be given.', 'options.num_gpu'), 'options.num_gpu cannot be given.'],
  [error('seed: must be a number.', 'seed'), 'seed: must be a number.'],
  [error('You cannot give seed.', 'seed'), 'You cannot give seed.'],
  [error('It does not think: no thinking.', 'reasoning_effort'), 'It does not think: no thinking.'],
  [error('No thinking.', 'reasoning_effort'), 'No thinking. (think)'],
  [error('Too large.', 'num_ctx'), 'Too large. (options.num_ctx)'],
  [error('Not an image.', 'messages[0].images[1]'), 'Not an image. (messages[0].images[1])'],
  [new GatewayError('model_not_found', 'No such model.', { param: 'model' }), 'No such model.'],
])('an error is one string that names its field: %s', (failure, words) => {
  expect(errorBody(failure)).toEqual({ error: words });
  expect(failedStream(failure)).toBe(`${JSON.stringify({ error: words })}\n`);
});
