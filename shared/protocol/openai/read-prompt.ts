import { GatewayError } from '#shared/errors.ts';
import { parseFields } from '../parse-fields.ts';
import type { Demand, Image, Message, Prompt, Sampling, Tool, ToolCall } from '../prompt.ts';
import { type ChatMessage, ChatParameters } from './chat-request.ts';

/** Reads an OpenAI chat request in full. @throws GatewayError naming the field that is wrong. */
export function readPrompt(request: unknown): Prompt {
  const parameters = parseFields(ChatParameters, request);
  const outputCap = parameters.max_completion_tokens ?? parameters.max_tokens;
  const contextTokens = parameters.num_ctx ?? parameters.options?.num_ctx;
  const format = formatOf(parameters.response_format);
  const thinking = thinkingOf(parameters);
  return {
    messages: parameters.messages.map(readMessage),
    tools: (parameters.tools ?? []) as Tool[],
    toolChoice: toolChoiceOf(parameters.tool_choice),
    sampling: samplingOf(parameters),
    demands: demandsOf(parameters),
    ...(outputCap != null && { outputCap }),
    ...(contextTokens != null && { contextTokens }),
    ...(format && { format }),
    ...(thinking !== undefined && { thinking }),
  };
}

function readMessage(message: ChatMessage, index: number): Message {
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

function imageOf(url: string, param: string): Image {
  if (!url.startsWith('data:')) return { type: 'url', url, param };
  const comma = url.indexOf(',');
  if (comma < 0 || !url.slice(0, comma).endsWith(';base64')) {
    throw new GatewayError('invalid_request', `${param}: a data URL of an image must be base64.`, { param });
  }
  return { type: 'base64', data: url.slice(comma + 1), param };
}

function readToolCall(
  call: { id: string; function: { name: string; arguments: string } },
  param: string,
): ToolCall {
  return { id: call.id, name: call.function.name, arguments: argumentsOf(call.function.arguments, param) };
}

function argumentsOf(text: string, param: string): Record<string, unknown> {
  const path = `${param}.function.arguments`;
  const wrong = new GatewayError('invalid_request', `${path} must be the text of a JSON object.`, {
    param: path,
  });
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    throw wrong;
  }
  throw wrong;
}

function formatOf(format: ChatParameters['response_format']): Prompt['format'] {
  if (format?.type === 'json_object') return { type: 'json' };
  if (format?.type === 'json_schema') return { type: 'schema', schema: format.json_schema.schema };
  return undefined;
}

const EFFORTS = {
  none: false,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'max',
  max: 'max',
} as const;

/** `thinking: {type}` is how LobeChat and Anthropic's clients switch it; `reasoning_effort` says more and wins. */
function thinkingOf({ reasoning_effort: effort, thinking }: ChatParameters): Prompt['thinking'] {
  if (effort != null) return EFFORTS[effort];
  if (thinking?.type === 'enabled') return true;
  if (thinking?.type === 'disabled') return false;
  return undefined;
}

function toolChoiceOf(choice: ChatParameters['tool_choice']): Prompt['toolChoice'] {
  if (choice == null) return 'auto';
  return typeof choice === 'string' ? choice : { tool: choice.function.name };
}

function samplingOf(parameters: ChatParameters): Sampling {
  const { stop } = parameters;
  const given = {
    temperature: parameters.temperature,
    topP: parameters.top_p,
    topK: parameters.top_k,
    minP: parameters.min_p,
    seed: parameters.seed,
    presencePenalty: parameters.presence_penalty,
    frequencyPenalty: parameters.frequency_penalty,
    repeatPenalty: parameters.repeat_penalty,
    stop: typeof stop === 'string' ? [stop] : stop,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
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
    parameters.keep_alive != null && { kind: 'keep-alive', param: 'keep_alive' },
    parameters.shift === true && { kind: 'context-shift', param: 'shift' },
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
