import type { AnswerIdentity } from '../../answer-identity.ts';
import type { Call } from '../../call.ts';
import { conversationOf } from '../../conversation.ts';
import type { JsonDocument } from '../../json-document.ts';
import { parseFields } from '../../parse-fields.ts';
import type { AnswerWriter, Measuring } from '../../passage.ts';
import { sizeOfPrompt } from '../../size-of-prompt.ts';
import { endUserOf } from '../chat-wishes.ts';
import { readResponsePrompt } from './read-response-prompt.ts';
import { refuseWhatIsKept } from './refuse-what-is-kept.ts';
import { ResponseEvents } from './response-events.ts';
import { echoOf } from './response-object.ts';
import { ResponseRequest } from './response-request.ts';
import { WholeResponse } from './whole-response.ts';

/** Reads a request for a response, in full: no upstream sees it as it came. @throws GatewayError naming the field that is wrong. */
export function responseCall({ value }: JsonDocument): Call {
  const request = parseFields(ResponseRequest, value);
  refuseWhatIsKept(request);
  const prompt = readResponsePrompt(request);
  const isStream = request.stream ?? false;
  return {
    model: request.model,
    stream: isStream,
    choices: 1,
    ...(prompt.outputCap !== undefined && { outputCap: prompt.outputCap }),
    ...endUserOf({ user: request.user ?? request.safety_identifier }),
    task: { kind: 'chat', read: () => prompt },
    size: () => sizeOfPrompt(prompt),
    conversation: () => conversationOf({ messages: prompt.messages }),
    writer: responseWriter(request, isStream),
  };
}

/** It keeps of the request only what the answer repeats, not the input. */
function responseWriter(request: ResponseRequest, isStream: boolean) {
  const echo = echoOf(request);
  return (identity: AnswerIdentity, { now }: Measuring): AnswerWriter => {
    const beganAtMs = now();
    const nowSeconds = () => identity.createdAtSeconds + Math.floor((now() - beganAtMs) / 1000);
    return isStream
      ? new ResponseEvents(identity, echo, nowSeconds)
      : new WholeResponse(identity, echo, nowSeconds);
  };
}
