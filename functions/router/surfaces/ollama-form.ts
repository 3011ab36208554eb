import type { Call } from '#shared/protocol/call.ts';
import { AnswerFrame, timeOf } from '#shared/protocol/ollama/answer-frame.ts';
import { AnswerLines, keepAliveLine, NDJSON_HEADERS } from '#shared/protocol/ollama/answer-lines.ts';
import { errorBody, failedStream } from '#shared/protocol/ollama/error-body.ts';
import { WholeAnswer } from '#shared/protocol/ollama/whole-answer.ts';
import type { Wording } from '#shared/protocol/ollama/wording.ts';
import type { StreamForm } from './surface.ts';

/** How all of `/api` says that something failed. */
export const ollamaFailures = { errorBody, failedStream };

export const streamOf = (wording: Wording): StreamForm => ({
  headers: NDJSON_HEADERS,
  keepAlive: (model) => keepAliveLine(model, wording, Date.now()),
});

/** Writes the answer to a request that is read at this moment. */
export function answerWriter(model: string, isStream: boolean, wording: Wording): Call['writer'] {
  const startedAtMs = performance.now();
  return (identity, { now }) => {
    const frame = new AnswerFrame({ model, startedAtMs }, identity, now);
    return isStream ? new AnswerLines(frame, wording) : new WholeAnswer(frame, wording);
  };
}

/** What Ollama says when it was only asked to load a model: here models are loaded when they are needed. */
export const loaded = (model: string, said: object) => ({
  model,
  created_at: timeOf(Date.now()),
  ...said,
  done: true,
  done_reason: 'load',
});
