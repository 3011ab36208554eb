import type { JsonDocument } from './json-document.ts';
import type { Prompt } from './prompt.ts';
import type { PromptSize } from './prompt-size.ts';

/** One parsed request, in the terms that routing and the ledger need. */
export interface Call {
  /** The public name of the model that was asked for. */
  model: string;
  stream: boolean;
  /** The caller wants the usage as a part of the stream. */
  streamUsage: boolean;
  /** How many answers are wanted. */
  choices: number;
  /** The most output tokens that the caller asks for, for each choice. */
  outputCap?: number;
  /** For whom the caller says it calls: at most 128 characters, well-formed and without NUL. */
  endUser?: string;
  /** The request as it came, for upstreams that speak the caller's protocol. */
  document: JsonDocument;
  /** The whole request in no protocol's words. @throws GatewayError when a field is wrong. */
  prompt(): Prompt;
  /** How large the prompt is, told without reading the request in full. */
  size(): PromptSize;
}
