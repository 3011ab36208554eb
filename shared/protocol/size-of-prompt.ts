import type { Message, Prompt } from './prompt.ts';
import { PromptCount, type PromptSize } from './prompt-size.ts';

/** The size of a prompt that has been read in full, for surfaces whose requests no upstream sees as they came. */
export function sizeOfPrompt({ messages, tools, toolChoice, format }: Prompt): PromptSize {
  const size = new PromptCount();
  const toolNames = new Map<string, string>();
  for (const message of messages) measureMessage(message, size, toolNames);
  if (tools.length > 0) size.json(tools);
  size.tools = tools.length;
  if (typeof toolChoice === 'object') size.perhaps(toolChoice);
  // Most upstreams keep to a schema and do not show it to the model.
  if (format?.type === 'schema') size.perhaps(format);
  return size;
}

function measureMessage(message: Message, size: PromptCount, toolNames: Map<string, string>): void {
  size.messages += 1;
  switch (message.role) {
    case 'system':
      size.text(message.text);
      break;
    case 'user':
      size.text(message.text);
      size.images += message.images.length;
      size.bytes += message.images.length * PART_BYTES;
      break;
    case 'assistant':
      size.text(message.text);
      size.text(message.thinking ?? '');
      if (message.toolCalls.length > 0) size.json(message.toolCalls);
      for (const { id, name } of message.toolCalls) toolNames.set(id, name);
      break;
    case 'tool':
      // Several templates write the result of a tool as JSON, with the id or the name of its call.
      size.quoted(message.text);
      size.perhaps([message.toolCallId, message.toolName ?? toolNames.get(message.toolCallId) ?? '']);
  }
}

/** Where a template writes the parts of a message as JSON: `{"type": "image"}, {"type": "text", "text": ""}`. */
const PART_BYTES = 64;
