import { IMAGE_HEAD_BYTES, imageTypeOf } from '../image-type.ts';
import type { Image, Message } from '../prompt.ts';
import { unsupported } from './refuse-demands.ts';

/** The messages of a chat request. @throws GatewayError `unsupported_parameter` for an image that cannot be sent. */
export const writeMessages = (messages: readonly Message[]): object[] => messages.map(writeMessage);

function writeMessage(message: Message): object {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text };
    case 'user':
      return { role: 'user', content: userContent(message.text, message.images) };
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.text };
    case 'assistant':
      return assistantMessage(message);
  }
}

function userContent(text: string, images: readonly Image[]): string | object[] {
  if (images.length === 0) return text;
  const parts = images.map((image) => ({ type: 'image_url', image_url: { url: dataUrl(image) } }));
  return text === '' ? parts : [{ type: 'text', text }, ...parts];
}

/** Thinking goes back under the name that it comes by: who gives it takes it, some need it beside tool calls. */
function assistantMessage({ text, thinking, toolCalls }: Extract<Message, { role: 'assistant' }>): object {
  const calls = toolCalls.map(({ id, name, arguments: args }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }));
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(thinking !== undefined && { reasoning_content: thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function dataUrl(image: Image): string {
  if (image.type === 'url')
    throw unsupported('Images must be given as base64 data; addresses are not fetched.', image.param);
  const data = image.data.replaceAll(/[\r\n]/g, '');
  const head = Buffer.from(data.slice(0, HEAD_CHARACTERS), 'base64');
  const type = imageTypeOf(head);
  if (!type) throw unsupported('An image must be a PNG, a JPEG, a GIF or a WebP.', image.param);
  return `data:${type};base64,${data}`;
}

const HEAD_CHARACTERS = (IMAGE_HEAD_BYTES / 3) * 4;
