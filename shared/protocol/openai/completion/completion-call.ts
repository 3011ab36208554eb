import { GatewayError } from '#shared/errors.ts';
import type { Call } from '../../call.ts';
import type { JsonDocument } from '../../json-document.ts';
import { parseFields } from '../../parse-fields.ts';
import { endUserOf, wantsStreamUsage } from '../chat-wishes.ts';
import { countOf, readTextInput, type TextInput } from '../text-input.ts';
import { CompletionChunks } from './completion-chunks.ts';
import { CompletionRequest } from './completion-request.ts';
import { measureCompletion } from './measure-completion.ts';
import { nativeCompletion } from './native-completion.ts';
import { readCompletionPrompt } from './read-completion-prompt.ts';
import { WholeCompletion } from './whole-completion.ts';

/** OpenAI's own default at this path (its API reference): who does not say more gets, and pays for, no more. */
const DEFAULT_MAX_TOKENS = 16;

const MOST_CHOICES = 128;

/** Reads a request for a completion. @throws GatewayError naming the field that is wrong. */
export function completionCall(document: JsonDocument): Call {
  const request = parseFields(CompletionRequest, document.value);
  const prompt = request.prompt == null ? undefined : readTextInput(request.prompt, 'prompt');
  const isStream = request.stream ?? false;
  const streamUsage = wantsStreamUsage(request);
  if (isStream && request.echo) throw noEcho();
  return {
    model: request.model,
    stream: isStream,
    choices: madeChoices(request, prompt),
    outputCap: request.max_tokens ?? DEFAULT_MAX_TOKENS,
    ...endUserOf(request),
    task: { kind: 'generate', read: () => readCompletionPrompt(request, prompt) },
    native: nativeCompletion(request, prompt, document),
    size: () => measureCompletion(document.value, prompt),
    writer: (identity) =>
      isStream ? new CompletionChunks(identity, streamUsage) : new WholeCompletion(identity),
  };
}

/** All that are made, also those of which only the best are given. */
function madeChoices({ n, best_of }: CompletionRequest, prompt: TextInput | undefined): number {
  const choices = Math.max(n ?? 1, best_of ?? 1) * (prompt ? countOf(prompt) : 1);
  if (choices <= MOST_CHOICES) return choices;
  const message = `prompt: all prompts together may have at most ${MOST_CHOICES} answers.`;
  throw new GatewayError('invalid_request', message, { param: 'prompt' });
}

/** What is echoed would count as made, and the answer be cut too early. */
const noEcho = () =>
  new GatewayError('unsupported_parameter', 'echo: a prompt can be echoed only without stream.', {
    param: 'echo',
  });
