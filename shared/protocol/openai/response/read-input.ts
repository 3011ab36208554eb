import { GatewayError } from '#shared/errors.ts';
import type { Image, Message } from '../../prompt.ts';
import { argumentsOf, imageOf } from '../read-message.ts';
import type { InputItem, Part } from './input-item.ts';

type Assistant = Extract<Message, { role: 'assistant' }>;

/**
 * The messages of a request's input. What a model said in one turn comes as several items: reasoning, a message and
 * calls of tools become one message again, as templates know it.
 *
 * @throws GatewayError naming the field that is wrong.
 */
export function readInput(input: string | InputItem[]): Message[] {
  if (typeof input === 'string') return [{ role: 'user', text: input, images: [] }];
  if (input.length === 0) throw refusal('invalid_request', 'input', 'must not be an empty list.');
  const messages: Message[] = [];
  for (const [index, item] of input.entries()) readItem(item, `input[${index}]`, messages);
  return messages.filter(isTurn);
}

/** Thoughts that nothing came of, as of an answer that was cut, are no turn. */
const isTurn = (message: Message) => message.role !== 'assistant' || hasSpoken(message);

function readItem(item: InputItem, param: string, messages: Message[]): void {
  switch (item.type) {
    case 'message':
      if (item.role !== 'assistant') messages.push(readMessage(item, param));
      else turn(messages, hasSpoken).text = textOf(item.content);
      break;
    case 'reasoning': {
      const thoughts = item.content?.length ? item.content : (item.summary ?? []);
      const thinking = thoughts.map(({ text }) => text).join('\n');
      if (thinking !== '') think(messages, thinking); // what is encrypted is not ours to read
      break;
    }
    case 'function_call':
      turn(messages, () => false).toolCalls.push({
        id: item.call_id,
        name: item.name,
        arguments: argumentsOf(item.arguments, `${param}.arguments`),
      });
      break;
    case 'function_call_output':
      refuseAllButText(item.output, `${param}.output`, 'The output of a tool');
      messages.push({ role: 'tool', text: textOf(item.output), toolCallId: item.call_id });
      break;
    case 'item_reference': {
      const message =
        'Nothing is stored here: send the item itself, as clients do that are told store: false.';
      throw refusal('unsupported_parameter', param, message);
    }
  }
}

function readMessage(
  { role, content }: Exclude<Extract<InputItem, { type: 'message' }>, { role: 'assistant' }>,
  param: string,
): Message {
  if (role === 'user') return { role, text: textOf(content), images: imagesOf(content, `${param}.content`) };
  refuseAllButText(content, `${param}.content`, 'A message of the system');
  return { role: 'system', text: textOf(content) };
}

function think(messages: Message[], thinking: string): void {
  const thinker = turn(messages, hasSpoken);
  thinker.thinking = thinker.thinking === undefined ? thinking : `${thinker.thinking}\n${thinking}`;
}

const hasSpoken = (turn: Assistant) => turn.text !== '' || turn.toolCalls.length > 0;

/** The model's turn to which an item belongs: a new one after anything else, and where the last one is past that. */
function turn(messages: Message[], isPast: (turn: Assistant) => boolean): Assistant {
  const last = messages.at(-1);
  if (last?.role === 'assistant' && !isPast(last)) return last;
  const next: Assistant = { role: 'assistant', text: '', toolCalls: [] };
  messages.push(next);
  return next;
}

type Content = string | { type: string; text?: unknown; refusal?: unknown }[];

/** Text parts are one text, as in a chat. */
function textOf(content: Content): string {
  if (typeof content === 'string') return content;
  return content
    .map((part) => part.text ?? part.refusal)
    .filter((text) => typeof text === 'string')
    .join('\n');
}

function imagesOf(content: string | Part[], param: string): Image[] {
  if (typeof content === 'string') return [];
  return content.flatMap((part, at): Image[] => {
    if (part.type !== 'input_image') return [];
    const field = `${param}[${at}].image_url`;
    if (part.image_url == null)
      throw refusal('unsupported_parameter', field, 'No files are stored here: send the image itself.');
    return [imageOf(part.image_url, field)];
  });
}

function refuseAllButText(content: string | Part[], param: string, what: string): void {
  if (typeof content === 'string') return;
  const at = content.findIndex(({ type }) => type === 'input_image' || type === 'input_file');
  if (at >= 0) throw refusal('unsupported_parameter', `${param}[${at}]`, `${what} must be text.`);
}

const refusal = (failure: 'invalid_request' | 'unsupported_parameter', param: string, message: string) =>
  new GatewayError(failure, `${param}: ${message}`, { param });
