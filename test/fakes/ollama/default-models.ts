import type { FakeModel } from './models.ts';
import type { ModelInput, Reply } from './replies.ts';
import { piecesOf } from './replies.ts';

/** One model of each kind, whose words are not all ASCII so that cut characters show. */
export const defaultModels: FakeModel[] = [
  { name: 'tiny:latest', reply: 'Hello, 世界! 🌍 Grüße.', parameterSize: '1.1B', family: 'llama' },
  {
    name: 'thinker:8b',
    capabilities: ['completion', 'tools', 'thinking'],
    family: 'qwen3',
    reply: thinkThenActOrAnswer,
  },
  {
    name: 'embed:latest',
    capabilities: ['embedding'],
    contextLength: 512,
    family: 'bert',
    parameterSize: '33M',
    quantizationLevel: 'F16',
    sizeBytes: 67_000_000,
  },
  { name: 'seer:latest', capabilities: ['completion', 'vision'], family: 'gemma3', reply: countImages },
];

/** Calls the first tool it is offered, unless a tool has just answered. */
function thinkThenActOrAnswer({ tools, messages }: ModelInput): Reply {
  const thinking = [{ thinking: '让我' }, { thinking: '想想… ' }, { thinking: '🤔' }];
  const offered = (tools[0]?.function as { name?: string } | undefined)?.name;
  if (!offered || messages.at(-1)?.role === 'tool')
    return { pieces: [...thinking, ...piecesOf('答案是 42.')] };
  return { pieces: [...thinking, { toolCall: { name: offered, arguments: { city: '北京', days: 2 } } }] };
}

function countImages({ messages }: ModelInput): string {
  const count = messages.reduce((sum, message) => sum + (message.images?.length ?? 0), 0);
  return `I see ${count} 张图片 🖼️`;
}
