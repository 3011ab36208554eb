import { GatewayError } from '#shared/errors.ts';
import type { Demand, Image, Message, Prompt, Sampling } from '../prompt.ts';

/** What the catalog says of a model at one Ollama; a caller has no say in it, since another value reloads the model for all. */
export interface OllamaModelSettings {
  /** The name that this Ollama knows. */
  model: string;
  /** Context lengths that may be asked for, ascending; the first is the default. Empty = the server's own. */
  contextSteps: readonly number[];
  keepAlive?: string;
}

/**
 * Writes a `/api/chat` request.
 *
 * `truncate` and `shift` are off, so that a prompt that is too long is an error and not silently cut.
 * Upstream it is always a stream: one that hangs or breaks shows it.
 *
 * @throws GatewayError `unsupported_parameter` for a wish that Ollama cannot fulfil.
 */
export function chatRequest(prompt: Prompt, settings: OllamaModelSettings): object {
  refuseDemands(prompt);
  const tools = prompt.toolChoice === 'none' ? [] : prompt.tools;
  return {
    model: settings.model,
    messages: messagesOf(prompt.messages),
    stream: true,
    truncate: false,
    shift: false,
    options: optionsOf(prompt, settings),
    ...(tools.length > 0 && { tools }),
    ...(prompt.format && { format: prompt.format.type === 'json' ? 'json' : prompt.format.schema }),
    ...(prompt.thinking !== undefined && { think: prompt.thinking }),
    ...(settings.keepAlive !== undefined && { keep_alive: keepAliveOf(settings.keepAlive) }),
  };
}

/** True for names that make Ollama send the prompt to its vendor's cloud. */
export const isCloudModel = (name: string) => /[:-]cloud$/i.test(name);

const REFUSALS: Record<Demand['kind'], string> = {
  choices: 'This model gives one answer a request; n must be 1.',
  'logit-bias': 'This model does not take logit_bias.',
  logprobs: 'This model does not give log probabilities.',
  'single-tool-call': 'This model may call several tools at once; parallel_tool_calls cannot be false.',
  audio: 'This model neither takes nor gives audio.',
  file: 'This model does not take files.',
  'keep-alive': 'How long the model stays loaded is set by the operator; keep_alive cannot be given.',
  'native-option': 'Of options, only num_ctx is read here; give the others as fields of the request.',
  'context-shift': 'A prompt that is too long is refused, never cut; shift and truncate cannot be true.',
  functions: 'Functions are given as tools; functions and function_call are not taken.',
};

function refuseDemands(prompt: Prompt): void {
  const [demand] = prompt.demands;
  if (demand) throw unsupported(REFUSALS[demand.kind], demand.param);
  if (prompt.toolChoice !== 'auto' && prompt.toolChoice !== 'none') {
    throw unsupported(
      'This model decides itself whether it calls a tool; tool_choice must be auto or none.',
      'tool_choice',
    );
  }
}

function messagesOf(messages: readonly Message[]): object[] {
  const toolNames = new Map<string, string>();
  return messages.map((message) => {
    // In order: some clients count their calls anew in each turn, so an id means the last one before.
    if (message.role === 'assistant') for (const { id, name } of message.toolCalls) toolNames.set(id, name);
    return messageOf(message, toolNames);
  });
}

function messageOf(message: Message, toolNames: ReadonlyMap<string, string>): object {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text };
    case 'user': {
      const images = message.images.map(imageData);
      return { role: 'user', content: message.text, ...(images.length > 0 && { images }) };
    }
    case 'tool': {
      const name = toolNames.get(message.toolCallId);
      const call = { tool_call_id: message.toolCallId, ...(name !== undefined && { tool_name: name }) };
      return { role: 'tool', content: message.text, ...call };
    }
    case 'assistant':
      return assistantMessage(message);
  }
}

function assistantMessage({ text, thinking, toolCalls }: Extract<Message, { role: 'assistant' }>): object {
  const calls = toolCalls.map(({ id, name, arguments: args }, index) => ({
    id,
    function: { index, name, arguments: args },
  }));
  return {
    role: 'assistant',
    content: text,
    ...(thinking !== undefined && { thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function imageData(image: Image): string {
  if (image.type === 'base64') return image.data;
  throw unsupported('Images must be given as base64 data URLs; addresses are never fetched.', image.param);
}

const OPTION_NAMES = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  minP: 'min_p',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  repeatPenalty: 'repeat_penalty',
  stop: 'stop',
} as const satisfies Record<keyof Sampling, string>;

/** Only what the caller gave: the model's own parameters stand for the rest, unlike on Ollama's `/v1`. */
function optionsOf(prompt: Prompt, settings: OllamaModelSettings): object {
  const sampling = Object.entries(prompt.sampling).map(([name, value]) => [
    OPTION_NAMES[name as keyof Sampling],
    value,
  ]);
  const context = contextStep(prompt.contextTokens, settings.contextSteps);
  return {
    ...Object.fromEntries(sampling),
    ...(prompt.outputCap !== undefined && { num_predict: prompt.outputCap }),
    ...(context !== undefined && { num_ctx: context }),
  };
}

/** The smallest configured step that holds what was asked for. */
function contextStep(wanted: number | undefined, steps: readonly number[]): number | undefined {
  if (wanted === undefined) return steps[0];
  const step = steps.find((tokens) => tokens >= wanted);
  if (step !== undefined) return step;
  const offer = steps.length > 0 ? `The largest it offers is ${steps.at(-1)}` : 'It is set by the operator';
  throw unsupported(`This model cannot be given a context of ${wanted} tokens. ${offer}.`, 'num_ctx');
}

/** Ollama takes a number as seconds and wants a unit on a string (`"300"` is an error there). */
const keepAliveOf = (value: string) => (/^-?\d+$/.test(value) ? Number(value) : value);

const unsupported = (message: string, param: string) =>
  new GatewayError('unsupported_parameter', message, { param });
