import type { NativeTarget } from '../call.ts';
import type { Prompt } from '../prompt.ts';
import type { GeneratePrompt } from '../task.ts';
import { refuseDemands, unsupported } from './refuse-demands.ts';
import { writeSampling } from './write-sampling.ts';

/**
 * Writes a `/completions` request, where a text goes to the model as it stands, without any template.
 *
 * The cap on the output has only one name there.
 *
 * @throws GatewayError `unsupported_parameter` for what has no place in such a request.
 */
export function writeCompletionRequest(
  prompt: GeneratePrompt,
  target: NativeTarget,
): Record<string, unknown> {
  refuseDemands(prompt.demands);
  refuseWhatTemplatesDo(prompt);
  return {
    model: target.model,
    prompt: prompt.text,
    ...(prompt.suffix !== undefined && { suffix: prompt.suffix }),
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: target.outputCap,
    ...writeSampling(prompt.sampling),
  };
}

function refuseWhatTemplatesDo({ system, images, format, thinking }: GeneratePrompt): void {
  const [image] = images;
  const words = 'cannot be given beside a text that goes to the model as it stands, or with a suffix.';
  if (system) throw unsupported(`A system message ${words}`, 'system');
  if (image) throw unsupported(`Images ${words}`, image.param);
  if (format) throw unsupported(`A format ${words}`, 'format');
  if (thinking) throw unsupported(`Thinking ${words}`, 'think');
}

/** Whether a text has to go to the model as it stands; else the model's template makes one turn of a chat of it. */
export const isPlainCompletion = ({ raw, suffix }: GeneratePrompt) => raw || suffix !== undefined;

/** The one turn of a chat that a text is to a service which applies its models' templates to chats alone. */
export function asChat({
  text,
  system,
  images,
  raw: _raw,
  suffix: _suffix,
  ...rest
}: GeneratePrompt): Prompt {
  return {
    ...rest,
    messages: [
      ...(system ? [{ role: 'system', text: system } as const] : []),
      { role: 'user', text, images },
    ],
    tools: [],
    toolChoice: 'auto',
  };
}
