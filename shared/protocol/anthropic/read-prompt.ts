import { parseFields } from '../parse-fields.ts';
import type { Demand, Prompt, Sampling, Tool } from '../prompt.ts';
import { MessagesParameters, type Turn } from './messages-request.ts';
import { readTurn, textOf } from './read-messages.ts';
import { refuseWishes } from './refuse-wishes.ts';

/** Reads a messages request in full. @throws GatewayError naming the field that is wrong. */
export function readPrompt(request: unknown): Prompt {
  const parameters = parseFields(MessagesParameters, request);
  refuseWishes(parameters);
  const system = textOf(parameters.system ?? '');
  const schema = parameters.output_config?.format?.schema;
  const thinking = thinkingOf(parameters);
  return {
    messages: [
      ...(system === '' ? [] : [{ role: 'system' as const, text: system }]),
      ...parameters.messages.flatMap(readTurn),
    ],
    tools: toolsOf(parameters),
    toolChoice: toolChoiceOf(parameters.tool_choice),
    sampling: samplingOf(parameters),
    outputCap: parameters.max_tokens,
    demands: demandsOf(parameters),
    ...(schema && { format: { type: 'schema', schema } }),
    ...(thinking !== undefined && { thinking }),
  };
}

/** A tool in OpenAI's form; what only tells how its call is sent or cached is left out. */
const toolsOf = ({ tools }: MessagesParameters): Tool[] =>
  (tools ?? []).map(({ name, description, input_schema: parameters, strict }) => ({
    type: 'function',
    function: {
      name,
      ...(description != null && { description }),
      parameters,
      ...(strict != null && { strict }),
    },
  }));

function toolChoiceOf(choice: MessagesParameters['tool_choice']): Prompt['toolChoice'] {
  switch (choice?.type) {
    case 'any':
      return 'required';
    case 'tool':
      return { tool: choice.name };
    case 'none':
      return 'none';
    default:
      return 'auto';
  }
}

const EFFORTS = { low: 'low', medium: 'medium', high: 'high', xhigh: 'max', max: 'max' } as const;

/** `adaptive` leaves it to the model, as no word about thinking does; an effort says how much where it thinks. */
function thinkingOf({ thinking, output_config: config }: MessagesParameters): Prompt['thinking'] {
  if (thinking?.type === 'disabled') return false;
  if (config?.effort != null) return EFFORTS[config.effort];
  return thinking?.type === 'enabled' ? true : undefined;
}

function samplingOf(parameters: MessagesParameters): Sampling {
  // An empty list would take away the stops that the model itself brings.
  const stops = (parameters.stop_sequences ?? []).filter((stop) => stop !== '');
  const given = {
    temperature: parameters.temperature,
    topP: parameters.top_p,
    topK: parameters.top_k,
    stop: stops.length > 0 ? stops : undefined,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
}

function demandsOf({ messages, tools, tool_choice: choice }: MessagesParameters): Demand[] {
  const isSingle = choice != null && choice.type !== 'none' && choice.disable_parallel_tool_use === true;
  const demands: Demand[] = messages.flatMap(documentsOf);
  if (isSingle && (tools ?? []).length > 0) {
    demands.push({ kind: 'single-tool-call', param: 'tool_choice.disable_parallel_tool_use' });
  }
  return demands;
}

function documentsOf({ content }: Turn, index: number): Demand[] {
  return documentPaths(content, `messages[${index}].content`).map((param) => ({ kind: 'file', param }));
}

/** Of the content of a turn, or of a tool's result in it: no other block has any that was looked at before. */
function documentPaths(content: unknown, param: string): string[] {
  if (!Array.isArray(content)) return [];
  return (content as { type: string; content?: unknown }[]).flatMap((block, at) => {
    const path = `${param}[${at}]`;
    if (block.type === 'document') return [path];
    return block.type === 'tool_result' ? documentPaths(block.content, `${path}.content`) : [];
  });
}
