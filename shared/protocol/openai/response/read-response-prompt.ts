import type { Demand, Prompt, Tool } from '../../prompt.ts';
import { EFFORTS } from '../read-prompt.ts';
import { contextTokensOf, runnerDemandsOf, samplingOf } from '../tuning.ts';
import type { InputItem } from './input-item.ts';
import { readInput } from './read-input.ts';
import type { FunctionTool, ResponseRequest } from './response-request.ts';

/** What a request for a response asks of a model. @throws GatewayError naming the field that is wrong. */
export function readResponsePrompt(request: ResponseRequest): Prompt {
  const { instructions, input, tools, max_output_tokens: outputCap, reasoning } = request;
  const format = formatOf(request);
  const effort = reasoning?.effort;
  return {
    messages: [
      ...(instructions ? [{ role: 'system', text: instructions } as const] : []),
      ...readInput(input),
    ],
    tools: (tools ?? []).map(chatTool),
    toolChoice: toolChoiceOf(request),
    sampling: samplingOf(request),
    demands: demandsOf(request),
    ...(outputCap != null && { outputCap }),
    ...(format && { format }),
    ...(effort != null && { thinking: EFFORTS[effort] }),
    ...contextTokensOf(request),
  };
}

/** The same function, a level deeper: so it stands in a chat. */
function chatTool({ name, description, parameters, strict }: FunctionTool): Tool {
  return {
    type: 'function',
    function: {
      name,
      ...(description != null && { description }),
      ...(parameters != null && { parameters }),
      ...(strict != null && { strict }),
    },
  };
}

function toolChoiceOf({ tool_choice: choice }: ResponseRequest): Prompt['toolChoice'] {
  if (choice == null) return 'auto';
  return typeof choice === 'string' ? choice : { tool: choice.name };
}

function formatOf({ text }: ResponseRequest): Prompt['format'] {
  if (text?.format?.type === 'json_object') return { type: 'json' };
  if (text?.format?.type === 'json_schema') return { type: 'schema', schema: text.format.schema };
  return undefined;
}

/**
 * Of what may be included only log probabilities are a wish that matters: the other things belong to tools that
 * are refused, to what is stored, or to reasoning, which is given in full and never encrypted.
 */
function demandsOf(request: ResponseRequest): Demand[] {
  const logprobs = request.include?.indexOf('message.output_text.logprobs') ?? -1;
  const hasTools = (request.tools ?? []).length > 0;
  const demands: (Demand | false)[] = [
    logprobs >= 0 && { kind: 'logprobs', param: `include[${logprobs}]` },
    (request.top_logprobs ?? 0) > 0 && { kind: 'logprobs', param: 'top_logprobs' },
    hasTools &&
      request.parallel_tool_calls === false && { kind: 'single-tool-call', param: 'parallel_tool_calls' },
    request.truncation === 'auto' && { kind: 'context-shift', param: 'truncation' },
    ...runnerDemandsOf(request),
    ...fileDemands(request.input),
  ];
  return demands.filter((demand) => demand !== false);
}

const fileDemands = (input: string | InputItem[]): Demand[] =>
  typeof input === 'string' ? [] : input.flatMap((item, index) => filesOf(item, index));

function filesOf(item: InputItem, index: number): Demand[] {
  if (item.type !== 'message' || item.role !== 'user' || typeof item.content === 'string') return [];
  return item.content.flatMap(({ type }, at): Demand[] =>
    type === 'input_file' ? [{ kind: 'file', param: `input[${index}].content[${at}]` }] : [],
  );
}
