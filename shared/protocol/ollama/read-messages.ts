import type { Message, ToolCall } from '../prompt.ts';
import type { ChatMessage } from './read-chat.ts';
import { readImages } from './read-images.ts';
import { unsupported } from './refuse-demands.ts';
import { WaitingCalls } from './waiting-calls.ts';

/** Reads the messages of a chat request. @throws GatewayError naming the field that is wrong. */
export function readMessages(messages: readonly ChatMessage[]): Message[] {
  let waiting = new WaitingCalls([]);
  return messages.map((each, index) => {
    const message = readMessage(each, index, waiting);
    if (message.role === 'assistant') waiting = new WaitingCalls(message.toolCalls);
    return message;
  });
}

/** @param waiting the tool calls before this message that have no result yet. */
function readMessage(message: ChatMessage, index: number, waiting: WaitingCalls): Message {
  const text = message.content ?? '';
  const param = `messages[${index}].images`;
  if (message.role !== 'user' && (message.images ?? []).length > 0)
    throw unsupported(`${param}: only a message of the user can have images.`, param);
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', text };
    case 'user':
      return { role: 'user', text, images: readImages(message.images, param) };
    case 'assistant': {
      const toolCalls = readToolCalls(message, index);
      const { thinking } = message;
      return { role: 'assistant', text, toolCalls, ...(thinking != null && { thinking }) };
    }
    case 'tool':
      return { role: 'tool', text, ...answeredCall(message, waiting) };
  }
}

/** A call without an id gets one that no other has, by which its result finds it. */
const readToolCalls = ({ tool_calls: calls }: ChatMessage, index: number): ToolCall[] =>
  (calls ?? []).map(({ id, function: { name, arguments: args } }, at) => ({
    id: id || `call_${index}_${at}`,
    name,
    arguments: args ?? {},
  }));

function answeredCall({ tool_call_id: id, tool_name: name }: ChatMessage, waiting: WaitingCalls) {
  const call = waiting.take(id ?? undefined, name ?? undefined);
  return { toolCallId: id || (call?.id ?? ''), ...(name && { toolName: name }) };
}
