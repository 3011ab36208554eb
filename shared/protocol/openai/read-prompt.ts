import { parseFields } from '../parse-fields.ts';
import type { Demand, Prompt, Tool } from '../prompt.ts';
import { type ChatMessage, ChatParameters } from './chat-request.ts';
import { readMessage } from './read-message.ts';
import { contextTokensOf, runnerDemandsOf, samplingOf } from './tuning.ts';

/** Reads an OpenAI chat request in full. @throws GatewayError naming the field that is wrong. */
export function readPrompt(request: unknown): Prompt {
  const parameters = parseFields(ChatParameters, request);
  const outputCap = parameters.max_completion_tokens ?? parameters.max_tokens;
  const format = formatOf(parameters.response_format);
  const thinking = thinkingOf(parameters);
  return {
    messages: parameters.messages.map(readMessage),
    tools: (parameters.tools ?? []) as Tool[],
    toolChoice: toolChoiceOf(parameters.tool_choice),
    sampling: samplingOf(parameters),
    demands: demandsOf(parameters),
    ...(outputCap != null && { outputCap }),
    ...contextTokensOf(parameters),
    ...(format && { format }),
    ...(thinking !== undefined && { thinking }),
  };
}

function formatOf(format: ChatParameters['response_format']): Prompt['format'] {
  if (format?.type === 'json_object') return { type: 'json' };
  if (format?.type === 'json_schema') return { type: 'schema', schema: format.json_schema.schema };
  return undefined;
}

export const EFFORTS = {
  none: false,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'max',
  max: 'max',
  ultra: 'max',
} as const;

/**
 * `reasoning_effort` is OpenAI's word for it, `reasoning: {effort}` and `think` are Ollama's, and
 * `thinking: {type}`, which says least, is how LobeChat and Anthropic's clients switch it.
 */
function thinkingOf({ reasoning_effort, reasoning, think, thinking }: ChatParameters): Prompt['thinking'] {
  const effort = reasoning_effort ?? reasoning?.effort;
  if (effort != null) return EFFORTS[effort];
  if (think != null) return think;
  if (thinking?.type === 'enabled') return true;
  if (thinking?.type === 'disabled') return false;
  return undefined;
}

function toolChoiceOf(choice: ChatParameters['tool_choice']): Prompt['toolChoice'] {
  if (choice == null) return 'auto';
  return typeof choice === 'string' ? choice : { tool: choice.function.name };
}

function demandsOf(parameters: ChatParameters): Demand[] {
  const { logit_bias: bias, modalities, messages } = parameters;
  const hasTools = (parameters.tools ?? []).length > 0;
  const demands: (Demand | false)[] = [
    (parameters.n ?? 1) > 1 && { kind: 'choices', param: 'n' },
    bias != null && Object.keys(bias).length > 0 && { kind: 'logit-bias', param: 'logit_bias' },
    parameters.logprobs === true && { kind: 'logprobs', param: 'logprobs' },
    (parameters.top_logprobs ?? 0) > 0 && { kind: 'logprobs', param: 'top_logprobs' },
    hasTools &&
      parameters.parallel_tool_calls === false && { kind: 'single-tool-call', param: 'parallel_tool_calls' },
    modalities?.includes('audio') === true && { kind: 'audio', param: 'modalities' },
    ...runnerDemandsOf(parameters),
    (parameters.functions ?? []).length > 0 && { kind: 'functions', param: 'functions' },
    parameters.web_search_options != null && { kind: 'web-search', param: 'web_search_options' },
    ...messages.flatMap(demandsOfParts),
  ];
  return demands.filter((demand) => demand !== false);
}

function demandsOfParts(message: ChatMessage, index: number): Demand[] {
  if (message.role !== 'user' || typeof message.content === 'string') return [];
  return message.content.flatMap((part, at): Demand[] => {
    const param = `messages[${index}].content[${at}]`;
    if (part.type === 'input_audio') return [{ kind: 'audio', param }];
    return part.type === 'file' ? [{ kind: 'file', param }] : [];
  });
}
