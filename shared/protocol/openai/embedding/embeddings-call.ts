import * as z from 'zod';
import { GatewayError } from '#shared/errors.ts';
import type { Call } from '../../call.ts';
import { type JsonDocument, withFields } from '../../json-document.ts';
import { parseFields } from '../../parse-fields.ts';
import type { EmbedPrompt } from '../../task.ts';
import { ChatRequest } from '../chat-request.ts';
import { endUserOf } from '../chat-wishes.ts';
import { countOf, readTextInput, type TextInput } from '../text-input.ts';
import { runnerDemandsOf, Tuning } from '../tuning.ts';
import { EmbeddingsList } from './embeddings-list.ts';
import { measureEmbeddings } from './measure-embeddings.ts';
import { PassedEmbeddings } from './passed-embeddings.ts';

/** As many as OpenAI takes (its API reference). */
const MOST_TEXTS = 2048;

const EmbeddingsRequest = ChatRequest.pick({ model: true, user: true }).extend({
  input: z.unknown().optional(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).nullish(),
});
type EmbeddingsRequest = z.infer<typeof EmbeddingsRequest>;

const Wishes = Tuning.pick({ keep_alive: true, options: true, truncate: true });

/** Reads a request for embeddings. @throws GatewayError naming the field that is wrong. */
export function embeddingsCall(document: JsonDocument): Call {
  const request = parseFields(EmbeddingsRequest, document.value);
  const input = readInput(request.input);
  const inBase64 = request.encoding_format === 'base64';
  return {
    model: request.model,
    stream: false,
    choices: 1,
    outputCap: 0,
    ...endUserOf(request),
    task: { kind: 'embed', read: () => readEmbedPrompt(request, input) },
    native: {
      protocol: 'openai',
      path: '/embeddings',
      body: ({ model }) => withFields(document, { model }, DECISIVE),
      pass: (measuring) => new PassedEmbeddings(measuring, countOf(input)),
    },
    size: () => measureEmbeddings(document.value, input),
    writer: ({ model }) => new EmbeddingsList(model, inBase64),
  };
}

/** What the ledger goes by, and what tells how long the answer may be. */
const DECISIVE = ['input', 'encoding_format', 'dimensions'];

function readInput(value: unknown): TextInput {
  const input = readTextInput(value ?? undefined, 'input');
  if (countOf(input) > MOST_TEXTS) throw wrong('input', `has more than ${MOST_TEXTS} texts`);
  const empty = input.kind === 'texts' ? input.texts.indexOf('') : -1;
  if (empty < 0) return input;
  throw wrong(typeof value === 'string' ? 'input' : `input[${empty}]`, 'must not be empty');
}

function readEmbedPrompt(request: EmbeddingsRequest, input: TextInput): EmbedPrompt {
  if (input.kind === 'tokens') {
    const message = 'This model takes texts, not tokens.';
    throw new GatewayError('unsupported_parameter', message, { param: 'input' });
  }
  return {
    texts: input.texts,
    truncate: false, // a vector of half a text would look like one of all of it
    demands: runnerDemandsOf(parseFields(Wishes, request)),
    ...(request.dimensions != null && { dimensions: request.dimensions }),
  };
}

const wrong = (param: string, message: string) =>
  new GatewayError('invalid_request', `${param}: ${message}.`, { param });
