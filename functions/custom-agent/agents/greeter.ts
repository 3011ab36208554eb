import { setTimeout } from 'node:timers/promises';
import type { Agent } from './agent.ts';

const GREETING = [
  '你好！',
  'Hello! ',
  'I am the custom agent of this gateway: ',
  'code that answers like a model. ',
  'If you can read this, ',
  'key, router and stream all work. 🎉',
];

/** Slow enough for a person to see that it streams. */
const PAUSE_MS = 30;

/** Greets, whatever it is asked: the shortest proof that a chat goes all the way through and back. */
export const greeter: Agent = {
  description: 'Greets you: a first check that the gateway works.',
  async *answer() {
    for (const text of GREETING) {
      yield { type: 'text', text };
      await setTimeout(PAUSE_MS);
    }
  },
};
