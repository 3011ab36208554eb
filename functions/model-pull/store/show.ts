import * as z from 'zod';
import { chatTemplateOf, type Gguf, type GgufValue } from '../gguf/gguf.ts';
import { capabilitiesOf } from './capabilities.ts';
import { jsonOf } from './json-of.ts';
import { builtInOf } from './model-config.ts';
import { modelfileOf, parameterLines } from './modelfile.ts';
import { layersOf, type Models, type StoredModel } from './models.ts';
import { detailsOf, type ModelDetails } from './tags.ts';

/** The answer of `/api/show` (reference: ollama/api/types.go `ShowResponse`); what is empty is absent, as there. */
export interface Shown {
  license?: string;
  modelfile: string;
  parameters?: string;
  template?: string;
  system?: string;
  renderer?: string;
  parser?: string;
  details: ModelDetails;
  messages?: Message[];
  model_info: Record<string, GgufValue>;
  projector_info?: Record<string, GgufValue>;
  capabilities: string[];
  modified_at: string;
  requires?: string;
}

const Message = z.looseObject({ role: z.string(), content: z.string() });
type Message = z.infer<typeof Message>;

/** The layers of a model that are text. */
export interface ModelTexts {
  licenses: string[];
  system: string;
  /** The Go template; where there is none, the Jinja template that Ollama takes then. */
  template: string;
  parameters: Record<string, unknown>;
  messages: Message[];
}

export async function show(models: Models, model: StoredModel, verbose: boolean): Promise<Shown> {
  const texts = await textsOf(models, model);
  const { config, stored } = model;
  const [projector] = layersOf(stored, 'projector');
  return {
    ...present({ license: texts.licenses.join('\n') }),
    modelfile: modelfileOf(model, texts),
    ...present({
      parameters: parameterLines(texts.parameters),
      template: texts.template,
      system: texts.system,
      renderer: config.renderer,
      parser: config.parser,
    }),
    details: detailsOf(model),
    ...(texts.messages.length > 0 && { messages: texts.messages }),
    model_info: await infoOf(models, layersOf(stored, 'model')[0]?.digest, verbose),
    ...(projector && { projector_info: await infoOf(models, projector.digest, verbose) }),
    capabilities: capabilitiesOf(model),
    modified_at: stored.modifiedAt.toISOString(),
    ...present({ requires: config.requires }),
  };
}

async function textsOf(models: Models, model: StoredModel): Promise<ModelTexts> {
  const read = async (kind: string) => (await models.texts(model.stored, kind)) ?? [];
  const [licenses, systems, messages] = await Promise.all([
    read('license'),
    read('system'),
    read('messages'),
  ]);
  return {
    licenses,
    system: systems.at(-1) ?? '',
    template: templateOf(model),
    parameters: (await models.parameters(model)) ?? {},
    messages: z.array(Message).safeParse(jsonOf(messages.at(-1) ?? '[]')).data ?? [],
  };
}

function templateOf({ template, gguf, config }: StoredModel): string {
  const jinja = gguf && builtInOf(config) === undefined ? chatTemplateOf(gguf) : '';
  return template ?? (jinja || '{{ .Prompt }}');
}

async function infoOf(
  models: Models,
  digest: string | undefined,
  verbose: boolean,
): Promise<Record<string, GgufValue>> {
  const gguf = digest && (await (verbose ? models.wholeHead(digest) : models.head(digest)));
  return gguf ? infoIn(gguf) : {};
}

/** The template is shown elsewhere, and the name was another model's (as Ollama leaves them out). */
function infoIn({ metadata, parameterCount }: Gguf): Record<string, GgufValue> {
  const shown = [...metadata].filter(([key]) => key !== 'general.name' && key !== 'tokenizer.chat_template');
  const all = [...shown, ['general.parameter_count', parameterCount] as [string, GgufValue]];
  return Object.fromEntries(all.sort(([one], [other]) => (one < other ? -1 : 1)));
}

const present = <T extends Record<string, string>>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, text]) => text !== '')) as Partial<T>;
