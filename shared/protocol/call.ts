import type { AnswerIdentity } from './answer-identity.ts';
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
  /** Writes the answer in the caller's protocol, from pieces in no protocol's words. */
  writer(identity: AnswerIdentity, measuring: Measuring): AnswerWriter;
}

/** A request that can be passed on as it came, and whose answer can be passed back. */
export interface NativeRequest {
  protocol: 'openai';
  /** Below the upstream's address, such as `/chat/completions`. */
  path: string;
  /**
   * The body for an upstream that knows the model by this name.
   *
   * @throws GatewayError when a field that decides stands there twice.
   */
  body(model: string, outputCap: number): Buffer;
  pass(measuring: Measuring): Passage;
}
