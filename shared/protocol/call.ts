import type { AnswerIdentity } from './answer-identity.ts';
import type { Conversation } from './conversation.ts';
import type { AnswerWriter, Measuring, Passage } from './passage.ts';
import type { PromptSize } from './prompt-size.ts';
import type { Task } from './task.ts';

/** One parsed request, in the terms that routing and the ledger need. */
export interface Call {
  /** The public name of the model that was asked for. */
  model: string;
  stream: boolean;
  /** How many answers are wanted. */
  choices: number;
  /** The most output tokens that the caller asks for, for each choice; 0 where nothing is generated. */
  outputCap?: number;
  /** For whom the caller says it calls: at most 128 characters, well-formed and without NUL. */
  endUser?: string;
  /** What the model is to do, in no protocol's words. */
  task: Task;
  /** The request in its own protocol's words, where upstreams may speak that protocol too. */
  native?: NativeRequest;
  /** How large the prompt is, told without reading the request in full. */
  size(): PromptSize;
  /** The whole answer, where nothing is asked of the model: it needs no upstream and costs nothing. */
  answered?: object;
  /** How the conversation began, where the call is a turn of one. */
  conversation?(): Conversation | undefined;
  /** Writes the answer in the caller's protocol, from pieces in no protocol's words. */
  writer(identity: AnswerIdentity, measuring: Measuring): AnswerWriter;
}

/** A request that can be passed on as it came, and whose answer can be passed back. */
export interface NativeRequest {
  protocol: 'openai';
  /** Below the upstream's address, such as `/chat/completions`. */
  path: string;
  /** The body for an upstream. @throws GatewayError when a field that decides stands there twice. */
  body(target: NativeTarget): Buffer;
  pass(measuring: Measuring): Passage;
}

/** What a request that is passed on has to say otherwise for its upstream. */
export interface NativeTarget {
  /** The name by which the upstream knows the model. */
  model: string;
  /** The most output tokens that are granted, for each choice. */
  outputCap: number;
  /** The one name under which this upstream takes a cap on the output; of embeddings there is none. */
  outputCapField: 'max_tokens' | 'max_completion_tokens';
}
