import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions';
import type { FakeModel } from '../fakes/ollama/models.ts';

export const FIRST = { city: '北京', note: 'a "quoted"\nline', days: 2 };
export const SECOND = { city: 'Zürich', days: 1 };

/** Asks for the weather in two places, and sums up once it has been told. */
export const forecaster: FakeModel = {
  name: 'forecaster:latest',
  capabilities: ['completion', 'tools'],
  reply: ({ messages }) =>
    messages.at(-1)?.role === 'tool'
      ? 'Sunny in both, 晴。'
      : {
          pieces: [
            { text: 'Let me look.' },
            { toolCall: { name: 'weather', arguments: FIRST } },
            { toolCall: { name: 'weather', arguments: SECOND } },
          ],
        },
};

export const tools: ChatCompletionTool[] = [
  {
    type: 'function',
    function: {
      name: 'weather',
      description: 'The weather of the next days',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];
export const question: ChatCompletionMessageParam = { role: 'user', content: 'Is it sunny?' };
