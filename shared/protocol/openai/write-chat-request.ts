import type { NativeTarget } from '../call.ts';
import type { Prompt } from '../prompt.ts';
import { refuseDemands } from './refuse-demands.ts';
import { writeMessages } from './write-messages.ts';
import { writeSampling } from './write-sampling.ts';

/**
 * Writes a `/chat/completions` request.
 *
 * Upstream it is always a stream, with its usage: one that hangs or breaks shows it. The context that a caller
 * wants to have is not said: it is the service's, and a prompt that is too long for it is refused there, not cut.
 *
 * @throws GatewayError `unsupported_parameter` for a wish that cannot be told.
 */
export function writeChatRequest(prompt: Prompt, target: NativeTarget): Record<string, unknown> {
  refuseDemands(prompt.demands, ['single-tool-call']);
  return {
    model: target.model,
    messages: writeMessages(prompt.messages),
    stream: true,
    stream_options: { include_usage: true },
    [target.outputCapField]: target.outputCap,
    ...writeSampling(prompt.sampling),
    ...toolFields(prompt),
    ...(prompt.format && { response_format: responseFormat(prompt.format) }),
    ...(prompt.thinking !== undefined && { reasoning_effort: effortOf(prompt.thinking) }),
  };
}

function toolFields({ tools, toolChoice, demands }: Prompt): object {
  if (tools.length === 0 && (toolChoice === 'auto' || toolChoice === 'none')) return {};
  return {
    ...(tools.length > 0 && { tools }),
    ...(toolChoice !== 'auto' && { tool_choice: writeToolChoice(toolChoice) }),
    ...(demands.some(({ kind }) => kind === 'single-tool-call') && { parallel_tool_calls: false }),
  };
}

const writeToolChoice = (choice: Prompt['toolChoice']) =>
  typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.tool } };

/** A schema must have a name there, and ours has none. */
const responseFormat = (format: NonNullable<Prompt['format']>) =>
  format.type === 'json'
    ? { type: 'json_object' }
    : { type: 'json_schema', json_schema: { name: 'answer', schema: format.schema } };

/** In the words that every service with a `reasoning_effort` knows; thinking that is merely on is what `medium` is. */
function effortOf(thinking: NonNullable<Prompt['thinking']>): string {
  if (typeof thinking === 'boolean') return thinking ? 'medium' : 'none';
  return thinking === 'max' ? 'high' : thinking;
}
