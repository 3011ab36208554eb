/** What a caller asks of a model, in no protocol's words: a surface reads it, a backend writes it. */
export interface Prompt {
  messages: Message[];
  tools: Tool[];
  toolChoice: 'auto' | 'none' | 'required' | { tool: string };
  sampling: Sampling;
  /** The most tokens to generate; absent = the model's own limit. */
  outputCap?: number;
  format?: { type: 'json' } | { type: 'schema'; schema: unknown };
  thinking?: boolean | 'low' | 'medium' | 'high' | 'max';
  /** The context that the caller wants to have, in tokens. */
  contextTokens?: number;
  /** Wishes that not every backend can fulfil; one that cannot refuses the call by the first of them. */
  demands: Demand[];
}

export interface Demand {
  kind:
    | 'choices'
    | 'logit-bias'
    | 'logprobs'
    | 'single-tool-call'
    | 'audio'
    | 'file'
    | 'keep-alive'
    | 'context-shift'
    | 'functions'
    | 'web-search'
    | 'native-option';
  /** The path of the field that asks for it. */
  param: string;
}

export interface Sampling {
  temperature?: number;
  topP?: number;
  topK?: number;
  minP?: number;
  seed?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  repeatPenalty?: number;
  stop?: string[];
}

export type Message =
  | { role: 'system'; text: string }
  | { role: 'user'; text: string; images: Image[] }
  | { role: 'assistant'; text: string; thinking?: string; toolCalls: ToolCall[] }
  /** Of Ollama's callers some give the name of the tool, some nothing: then `toolCallId` is empty if no call is waiting. */
  | { role: 'tool'; text: string; toolCallId: string; toolName?: string };

/** `param` is the path of the field it came from, for a refusal. */
export type Image = { param: string } & ({ type: 'base64'; data: string } | { type: 'url'; url: string });

export interface ToolCall {
  id: string;
  name: string;
  /** A JSON object. */
  arguments: Record<string, unknown>;
}

/** A function in OpenAI's form, which Ollama shares; passed on as it is. */
export type Tool = { type: 'function'; function: { name: string } & Record<string, unknown> };
