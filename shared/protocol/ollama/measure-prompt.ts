import { PromptCount, type PromptSize } from '../prompt-size.ts';
import type { EmbedPrompt, GeneratePrompt } from '../task.ts';

/** What a template adds for a turn of the system, and where it writes an image, as in a chat. */
const SYSTEM_BYTES = 16;
const IMAGE_BYTES = 64;

/** The size of a text to go on with: one prompt, whatever it is made of. */
export function measureGenerate({ text, suffix, system, images, format }: GeneratePrompt): PromptSize {
  const size = new PromptCount();
  size.messages = 1;
  size.images = images.length;
  size.bytes = images.length * IMAGE_BYTES + (system === undefined ? 0 : SYSTEM_BYTES);
  for (const each of [system, text, suffix]) if (each !== undefined) size.text(each);
  // Ollama keeps to a schema and does not show it to the model; another upstream might.
  if (format?.type === 'schema') size.perhaps(format.schema);
  return size;
}

/** Each text is read by itself, with what the model puts around one. */
export function measureEmbed({ texts }: EmbedPrompt): PromptSize {
  const size = new PromptCount();
  size.messages = texts.length;
  for (const text of texts) size.text(text);
  return size;
}
