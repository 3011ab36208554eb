import { GatewayError } from '#shared/errors.ts';
import type { ContentPiece } from '../piece.ts';

/** A part of an answer, or all of it. */
export interface Words {
  text: string;
  thinking?: string;
  toolCalls?: readonly ToolCallPiece[];
}

export type ToolCallPiece = Extract<ContentPiece, { type: 'tool-call' }>;

/** Where the words of an answer stand in a line: the fields, without braces. */
export type Wording = (words: Words) => string;

export const chatWording: Wording = ({ text, thinking, toolCalls }) =>
  `"message":{"role":"assistant",${fields('content', text, thinking, toolCalls)}}`;

export const generateWording: Wording = ({ text, thinking, toolCalls }) =>
  fields('response', text, thinking, toolCalls);

/** What one piece says. */
export function wordsOf(piece: ContentPiece): Words {
  switch (piece.type) {
    case 'text':
      return { text: piece.text };
    case 'thinking':
      return { text: '', thinking: piece.text };
    case 'tool-call':
      return { text: '', toolCalls: [piece] };
  }
}

function fields(name: string, text: string, thinking?: string, toolCalls?: Words['toolCalls']): string {
  let out = `"${name}":${JSON.stringify(text)}`;
  if (thinking) out += `,"thinking":${JSON.stringify(thinking)}`;
  if (toolCalls && toolCalls.length > 0)
    out += `,"tool_calls":${JSON.stringify(toolCalls.map(toolCallObject))}`;
  return out;
}

const toolCallObject = ({ id, index, name, arguments: text }: ToolCallPiece) => ({
  id,
  function: { index, name, arguments: argumentsOf(text) },
});

/** Ollama gives arguments as an object. @throws GatewayError `model_error` for a text that is none: it cannot be passed on. */
function argumentsOf(text: string): object {
  const value = text.trim() === '' ? {} : parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new GatewayError('model_error', 'The model called a tool with arguments that are no JSON object.');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
