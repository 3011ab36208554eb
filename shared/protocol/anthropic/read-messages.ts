import type { Image, Message } from '../prompt.ts';
import type { AssistantBlock, Turn, UserBlock } from './messages-request.ts';

/** The messages that a turn amounts to. A user's turn may first bring the results of several tools. */
export function readTurn(turn: Turn, index: number): Message[] {
  const param = `messages[${index}]`;
  switch (turn.role) {
    case 'system':
      return [{ role: 'system', text: textOf(turn.content) }];
    case 'assistant':
      return [assistantMessage(blocksOf<AssistantBlock>(turn.content))];
    case 'user':
      return userMessages(blocksOf<UserBlock>(turn.content), param);
  }
}

/** Blocks of text are one text: a blank line between them would be ours, not the caller's. */
export const textOf = (content: string | readonly { type: string; text?: unknown }[]): string =>
  typeof content === 'string' ? content : partsOf(content).join('\n');

const partsOf = (blocks: readonly { type: string; text?: unknown }[]) =>
  blocks.map(({ text }) => text).filter((text) => typeof text === 'string');

type TextBlock = { type: 'text'; text: string };

const blocksOf = <Block extends { type: string }>(content: string | Block[]): (Block | TextBlock)[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

/** What the model said is put together as it was: the blocks are one utterance, cut where it thought or called. */
function assistantMessage(blocks: readonly AssistantBlock[]): Message {
  const thinking = blocks.flatMap((block) => (block.type === 'thinking' ? block.thinking : [])).join('');
  const toolCalls = blocks.flatMap((block) =>
    block.type === 'tool_use' ? { id: block.id, name: block.name, arguments: { ...block.input } } : [],
  );
  return {
    role: 'assistant',
    text: partsOf(blocks).join(''),
    toolCalls,
    ...(thinking !== '' && { thinking }),
  };
}

type ResultBlock = Extract<UserBlock, { type: 'tool_result' }>;

function userMessages(blocks: readonly UserBlock[], param: string): Message[] {
  const results = blocks.filter((block) => block.type === 'tool_result').map(toolMessage);
  const text = textOf(blocks);
  const images = imagesOf(blocks, `${param}.content`);
  if (results.length > 0 && text === '' && images.length === 0) return results;
  return [...results, { role: 'user', text, images }];
}

/** Nothing but the words of a result can say that it is an error. */
function toolMessage({ tool_use_id: toolCallId, content, is_error: isError }: ResultBlock): Message {
  const text = textOf(content ?? '');
  return { role: 'tool', text: isError && !/error/i.test(text) ? `Error: ${text}` : text, toolCallId };
}

/** Those that a tool brought too: a tool's message has no room for images, so that they go with what the user says next. */
function imagesOf(blocks: readonly UserBlock[], param: string): Image[] {
  return blocks.flatMap((block, at): Image[] => {
    const path = `${param}[${at}]`;
    if (block.type === 'tool_result')
      return imagesOf(blocksOf<UserBlock>(block.content ?? ''), `${path}.content`);
    return block.type === 'image' ? [{ ...sourceOf(block), param: `${path}.source` }] : [];
  });
}

function sourceOf({ source }: Extract<UserBlock, { type: 'image' }>) {
  return source.type === 'base64'
    ? { type: source.type, data: source.data }
    : { type: source.type, url: source.url };
}
