import type { Call } from '#shared/protocol/call.ts';
import { durationNs } from '#shared/protocol/ollama/answer-frame.ts';
import { EmbedAnswer, embeddingsObject, embedObject } from '#shared/protocol/ollama/embed-answer.ts';
import { measureEmbed } from '#shared/protocol/ollama/measure-prompt.ts';
import {
  EmbeddingsRequest,
  EmbedRequest,
  readEmbed,
  readEmbeddings,
} from '#shared/protocol/ollama/read-embed.ts';
import { generateWording } from '#shared/protocol/ollama/wording.ts';
import { parseFields } from '#shared/protocol/parse-fields.ts';
import type { EmbedPrompt } from '#shared/protocol/task.ts';
import { ollamaFailures, streamOf } from './ollama-form.ts';
import type { Surface } from './surface.ts';

/** `POST /api/embed` */
export const ollamaEmbed: Surface = {
  stream: streamOf(generateWording), // never used: vectors come whole

  readCall(document) {
    const request = parseFields(EmbedRequest, document.value);
    const startedAtMs = performance.now();
    return {
      ...embedCall(request.model, readEmbed(request), { model: request.model, embeddings: [] }),
      writer: (_identity, { now }) =>
        new EmbedAnswer((vectors, usage, timings) =>
          embedObject(request.model, vectors, durationNs(startedAtMs, now()), usage, timings),
        ),
    };
  },

  ...ollamaFailures,
};

/** `POST /api/embeddings`, the older form: one text, one vector. */
export const ollamaEmbeddings: Surface = {
  ...ollamaEmbed,

  readCall(document) {
    const request = parseFields(EmbeddingsRequest, document.value);
    return {
      ...embedCall(request.model, readEmbeddings(request), embeddingsObject([])),
      writer: () => new EmbedAnswer(embeddingsObject),
    };
  },
};

/** @param nothing what is answered when there is no text: at Ollama that only loads the model. */
const embedCall = (model: string, prompt: EmbedPrompt, nothing: object): Omit<Call, 'writer'> => ({
  model,
  stream: false,
  choices: 1,
  outputCap: 0,
  task: { kind: 'embed', read: () => prompt },
  ...(prompt.texts.length === 0 && { answered: nothing }),
  size: () => measureEmbed(prompt),
});
