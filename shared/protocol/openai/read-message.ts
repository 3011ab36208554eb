import { GatewayError } from '#shared/errors.ts';
import { isBase64 } from '../base64.ts';
import { readJsonDocument } from '../json-document.ts';
import type { Image, Message, ToolCall } from '../prompt.ts';
import type { ChatMessage } from './chat-request.ts';

/** The arguments are a text inside the request's JSON, whose own limit does not see into it. */
const ARGUMENTS_DEPTH_LIMIT = 64;

/** Reads one message of a chat request. @throws GatewayError naming the field that is wrong. */
export function readMessage(message: ChatMessage, index: number): Message {
  const param = `messages[${index}]`;
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', text: textOf(message.content) };
    case 'user':
      return { role: 'user', text: textOf(message.content), images: imagesOf(message.content, param) };
    case 'tool':
      return { role: 'tool', text: textOf(message.content), toolCallId: message.tool_call_id };
    case 'assistant': {
      const thinking = message.reasoning_content ?? message.reasoning;
      const toolCalls = (message.tool_calls ?? []).map((call, at) =>
        readToolCall(call, `${param}.tool_calls[${at}]`),
      );
      const text = textOf(message.content ?? '');
      return { role: 'assistant', text, toolCalls, ...(thinking != null && { thinking }) };
    }
  }
}

type Content = string | { type: string; text?: unknown; refusal?: unknown }[];

/** Text parts are one text: a blank line would be ours, not the caller's, so a line break has to do. */
function textOf(content: Content): string {
  if (typeof content === 'string') return content;
  return content
    .map((part) => part.text ?? part.refusal)
    .filter((text) => typeof text === 'string')
    .join('\n');
}

function imagesOf(content: Extract<ChatMessage, { role: 'user' }>['content'], param: string): Image[] {
  if (typeof content === 'string') return [];
  return content.flatMap((part, at): Image[] => {
    if (part.type !== 'image_url') return [];
    return [imageOf(part.image_url.url, `${param}.content[${at}].image_url`)];
  });
}

export function imageOf(url: string, param: string): Image {
  if (!url.startsWith('data:')) return { type: 'url', url, param };
  const comma = url.indexOf(',');
  if (comma < 0 || !url.slice(0, comma).endsWith(';base64')) {
    throw new GatewayError('invalid_request', `${param}: a data URL of an image must be base64.`, { param });
  }
  const data = url.slice(comma + 1);
  if (!isBase64(data)) {
    throw new GatewayError('invalid_request', `${param}: the data of the image is not base64.`, { param });
  }
  return { type: 'base64', data, param };
}

function readToolCall(
  call: { id: string; function: { name: string; arguments: string } },
  param: string,
): ToolCall {
  return {
    id: call.id,
    name: call.function.name,
    arguments: argumentsOf(call.function.arguments, `${param}.function.arguments`),
  };
}

/** @param path of the field, for a refusal. */
export function argumentsOf(text: string, path: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  try {
    return { ...readJsonDocument(Buffer.from(text), ARGUMENTS_DEPTH_LIMIT).value };
  } catch (cause) {
    const message = `${path} must be the text of a JSON object, at most ${ARGUMENTS_DEPTH_LIMIT} levels deep.`;
    throw new GatewayError('invalid_request', message, { param: path, cause });
  }
}
