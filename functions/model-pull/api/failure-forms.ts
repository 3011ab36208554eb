import type { FailureForm } from '#shared/http/tell-failure.ts';
import { errorBody, failedStream } from '#shared/protocol/ollama/error-body.ts';
import { errorObject } from '#shared/protocol/openai/error-object.ts';

const OLLAMA: FailureForm = { errorBody, failedStream };

const OURS: FailureForm = {
  errorBody: errorObject,
  failedStream: (error) => `event: error\ndata: ${JSON.stringify(errorObject(error))}\n\n`,
};

/** Ollama's paths fail as Ollama does; ours like those of the gateway. */
export const formOf = (path: string): FailureForm => (path.startsWith('/api/') ? OLLAMA : OURS);
