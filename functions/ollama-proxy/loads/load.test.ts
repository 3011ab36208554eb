import { expect, it } from 'vitest';
import { loadOf, loadRequest } from './load.ts';

it.each([
  ['nothing', {}, {}],
  ['options of the answer alone', { options: { temperature: 0, seed: 1 } }, {}],
  [
    'options of the runner',
    { options: { num_ctx: 512, seed: 1, use_mmap: false } },
    { options: { num_ctx: 512, use_mmap: false } },
  ],
  ['options that are null', { options: { num_ctx: null } }, {}],
  ['options that are none', { options: 'all' }, {}],
  ['a shift', { shift: false }, { shift: false }],
  ['a time to stay, which with 0 would unload', { keep_alive: 0 }, {}],
])('loads as a request with %s wants it', (_, body, settings) => {
  expect(loadOf('tiny:latest', '/api/chat', body)).toEqual({
    model: 'tiny:latest',
    use: 'generate',
    settings,
  });
});

it('asks a model that makes vectors for none', () => {
  const load = loadOf('embed:latest', '/api/embed', { input: 'my prompt' });
  expect(loadRequest(load)).toEqual({ path: '/api/embed', body: { model: 'embed:latest', input: [] } });
});
