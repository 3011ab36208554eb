import { PromptCount, type PromptSize } from '../../prompt-size.ts';
import { NEVER_READ } from '../measure-prompt.ts';
import { measureTextInput, type TextInput } from '../text-input.ts';

/**
 * The size of a completion's prompt. An upstream that speaks our protocol gets the request as it came, so all
 * that one might read counts for the bound, under whatever name it stands.
 */
export function measureCompletion(
  request: Readonly<Record<string, unknown>>,
  prompt: TextInput | undefined,
): PromptSize {
  const size = new PromptCount();
  if (prompt) measureTextInput(prompt, size);
  for (const [field, value] of Object.entries(request)) {
    if (NEVER_READ.has(field) || field === 'prompt') continue;
    if (field === 'suffix' && typeof value === 'string') size.text(value);
    else if (typeof value === 'string' || (typeof value === 'object' && value !== null))
      size.perhaps({ [field]: value });
  }
  return size;
}
