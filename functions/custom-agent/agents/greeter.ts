import type { Agent } from './agent.ts';

const GREETING = [
  '你好！',
  'Hello! ',
  'I am the custom agent of this gateway: ',
  'code that answers like a model. ',
  'If you can read this, ',
  'key, router and stream all work. 🎉',
];

/** Greets, whatever it is asked: the shortest proof that a chat goes all the way through and back. */
export const greeter: Agent = {
  description: 'Greets you: a first check that the gateway works.',
  *answer() {
    for (const text of GREETING) yield { type: 'text', text };
  },
};
