import { measureGenerate } from '#shared/protocol/ollama/measure-prompt.ts';
import { GenerateRequest, readGenerate } from '#shared/protocol/ollama/read-generate.ts';
import { isStream, refuseUnload } from '#shared/protocol/ollama/request-fields.ts';
import { generateWording } from '#shared/protocol/ollama/wording.ts';
import { parseFields } from '#shared/protocol/parse-fields.ts';
import { answerWriter, loaded, ollamaFailures, streamOf } from './ollama-form.ts';
import type { Surface } from './surface.ts';

/** `POST /api/generate` */
export const ollamaGenerate: Surface = {
  stream: streamOf(generateWording),

  readCall(document) {
    const request = parseFields(GenerateRequest, document.value);
    const prompt = readGenerate(request);
    const { model } = request;
    const isLoad = prompt.text === '';
    if (isLoad) refuseUnload(request);
    return {
      model,
      stream: isStream(request),
      choices: 1,
      ...(prompt.outputCap !== undefined && { outputCap: prompt.outputCap }),
      task: { kind: 'generate', read: () => prompt },
      ...(isLoad && { answered: loaded(model, { response: '' }) }),
      size: () => measureGenerate(prompt),
      writer: answerWriter(model, isStream(request), generateWording),
    };
  },

  ...ollamaFailures,
};
