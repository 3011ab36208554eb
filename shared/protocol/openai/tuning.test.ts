import { expect, it } from 'vitest';
import { contextTokensOf, runnerDemandsOf, samplingOf } from './tuning.ts';

it('what is not given, or null, is not sampled by', () => {
  expect(samplingOf({ temperature: null, stop: [] })).toEqual({});
  expect(samplingOf({ temperature: 0, top_k: 5, stop: ['', 'END'] })).toEqual({
    temperature: 0,
    topK: 5,
    stop: ['END'],
  });
});

it('a context may be asked for by two names', () => {
  expect(contextTokensOf({ num_ctx: 5, options: { num_ctx: 7 } })).toEqual({ contextTokens: 5 });
  expect(contextTokensOf({ options: { num_ctx: 7 } })).toEqual({ contextTokens: 7 });
  expect(contextTokensOf({ options: null })).toEqual({});
});

it.each([
  [{ keep_alive: '5m' }, { kind: 'keep-alive', param: 'keep_alive' }],
  [{ options: { num_ctx: 5, mirostat: 1 } }, { kind: 'native-option', param: 'options.mirostat' }],
  [{ shift: true }, { kind: 'context-shift', param: 'shift' }],
  [{ truncate: true }, { kind: 'context-shift', param: 'truncate' }],
])('%j is a wish that has to be told', (tuning, demand) => {
  expect(runnerDemandsOf(tuning)).toEqual([demand]);
});

it('what asks for nothing is no wish', () => {
  expect(runnerDemandsOf({ shift: false, truncate: false, keep_alive: null, options: {} })).toEqual([]);
});
