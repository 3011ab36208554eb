import { PromptCount, type PromptSize } from '../../prompt-size.ts';
import { NEVER_READ } from '../measure-prompt.ts';
import { measureTextInput, type TextInput } from '../text-input.ts';

/** The size of what is to be embedded; whatever else an upstream might read of the request counts for the bound. */
export function measureEmbeddings(request: Readonly<Record<string, unknown>>, input: TextInput): PromptSize {
  const size = new PromptCount();
  measureTextInput(input, size);
  for (const [field, value] of Object.entries(request)) {
    if (NEVER_READ.has(field) || field === 'input' || field === 'encoding_format') continue;
    if (typeof value === 'string' || (typeof value === 'object' && value !== null))
      size.perhaps({ [field]: value });
  }
  return size;
}
