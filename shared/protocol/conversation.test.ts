import { expect, it } from 'vitest';
import { conversationOf } from './conversation.ts';

const said = (role: string, content: unknown) => ({ role, content });
const opening = [said('system', 'Be brief.'), said('user', 'Hi')];

it('is known again at each later turn by what came before the first answer', () => {
  const first = conversationOf({ messages: opening })!;
  const second = conversationOf({ messages: [...opening, said('assistant', 'Hello'), said('user', 'Bye')] })!;
  expect([first.isContinued, second.isContinued]).toEqual([false, true]);
  expect(second.opening).toBe(first.opening);
});

it.each([
  ['another message', { messages: [said('system', 'Be brief.'), said('user', 'Hello')] }],
  ['another role', { messages: [said('user', 'Be brief.'), said('user', 'Hi')] }],
  ['a system prompt of its own, as Anthropic has it', { system: 'Be rude.', messages: opening }],
])('is another one with %s', (_, request) => {
  expect(conversationOf(request)!.opening).not.toBe(conversationOf({ messages: opening })!.opening);
});

it.each([{}, { messages: 'Hi' }, { prompt: 'Hi' }])('is not there in %j', (request) => {
  expect(conversationOf(request)).toBeUndefined();
});

it('is read of whatever stands there', () => {
  expect(conversationOf({ messages: [null, 5, { role: 'assistant' }] })).toMatchObject({ isContinued: true });
});
