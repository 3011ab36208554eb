import { GatewayError } from '#shared/errors.ts';
import type { AnswerIdentity } from '../answer-identity.ts';
import type { ContentPiece } from '../piece.ts';

type ToolCallPiece = Extract<ContentPiece, { type: 'tool-call' }>;

export const messageId = ({ id }: AnswerIdentity) => `msg_${id}`;

export const textBlock = (text: string) => ({ type: 'text', citations: null, text });

export const thinkingBlock = (thinking: string, signature: string) => ({
  type: 'thinking',
  thinking,
  signature,
});

export const toolUseBlock = ({ id, name }: ToolCallPiece, input: object) => ({
  type: 'tool_use',
  id,
  caller: { type: 'direct' },
  name,
  input,
});

/**
 * The signature of a thinking block. Clients send only blocks back that have one; nobody verifies ours, since the
 * thinking comes back as text that proves nothing, so that any opaque word will do.
 */
export const signatureOf = ({ id }: AnswerIdentity) => id;

/**
 * The input of a tool's call.
 *
 * @throws GatewayError `model_error` when a model's arguments are no JSON object, which the protocol cannot say.
 */
export function inputOf({ arguments: text }: ToolCallPiece): object {
  try {
    const value: unknown = JSON.parse(text.trim() === '' ? '{}' : text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // the parser's own words would quote the answer
  }
  throw new GatewayError('model_error', 'The model called a tool with arguments that are no JSON object.');
}
