import { describe, expect, it } from 'vitest';
import type { GatewayError } from '#shared/errors.ts';
import { GO_TEMPLATES } from '#shared/fixtures/go-templates.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { rendered } from '../template/rendered.fixture.ts';
import { forceThinking } from './force-thinking.ts';

const question = { role: 'user', content: 'Why is the sky blue?' };
const afterTool = [
  question,
  { role: 'assistant', content: 'Let me look.' },
  { role: 'tool', content: 'Rayleigh' },
];

describe.each(['deepseekR1', 'qwen3', 'alwaysThinking'] as const)('%s, made to think', (model) => {
  const forced = forceThinking(GO_TEMPLATES[model]);

  it.each([
    ['nothing was said of thinking', {}],
    ['thinking was asked for', { think: true }],
  ])('opens a thought when %s', (_, wish) => {
    expect(rendered(forced, { messages: [question], ...wish })).toMatch(/assistant[^<]*<think>\n\s*$/i);
  });

  it('gives an empty thought when thinking was switched off', () => {
    expect(rendered(forced, { messages: [question], think: false })).toMatch(/<think>\n\n<\/think>\n\s*$/);
  });

  it('opens one thought at the very end, and says all else as before', () => {
    for (const messages of [[question], afterTool]) {
      const before = rendered(GO_TEMPLATES[model], { messages, think: true }).replace(/<think>\s*$/, '');
      expect(
        rendered(forced, { messages, think: true })
          .replace(/<think>\s*$/, '')
          .trimEnd(),
      ).toBe(before.trimEnd());
    }
  });

  it('stays as it is when it is made to think again', () => {
    expect(rendered(forceThinking(forced), { messages: afterTool })).toBe(
      rendered(forced, { messages: afterTool }),
    );
  });
});

it.each([
  ['chatml', /no {{ \.Thinking }}/],
  ['fillIn', /no {{ \.Thinking }}/],
] as const)('refuses that of %s, which knows no thinking', (model, reason) => {
  const error = thrownBy(() => forceThinking(GO_TEMPLATES[model]));

  expect(error).toMatchObject({ failure: 'invalid_request', param: 'think' });
  expect((error as GatewayError).message).toMatch(reason);
});

it('does not take words about an assistant for its turn', () => {
  const look = '{{ range .Messages }}{{ end }}<|im_start|>system\nYou are an assistant.<|im_end|>\n';
  const messages = [question];

  const forced = forceThinking(look + GO_TEMPLATES.alwaysThinking);

  expect(rendered(forced, { messages })).toBe(rendered(look + GO_TEMPLATES.alwaysThinking, { messages }));
});

it('refuses one in which the assistant does not open', () => {
  const template =
    '{{ range .Messages }}{{ if .Thinking }}<t>{{ .Thinking }}</t>{{ end }}{{ .Content }}{{ end }}';
  expect(() => forceThinking(template)).toThrow('no place is recognised');
});
