import { GatewayError } from '#shared/errors.ts';
import {
  blobsOf,
  LAYER_PREFIX,
  MANIFEST_TYPE,
  type ManifestBlob,
  readManifest,
} from '#shared/protocol/registry/manifest.ts';
import { type ModelName, parseModelName, shortName } from '#shared/protocol/registry/model-name.ts';
import { chatTemplateOf } from '../gguf/gguf.ts';
import { digestOf } from '../store/hash-file.ts';
import { builtInOf } from '../store/model-config.ts';
import type { StoredModel } from '../store/models.ts';
import type { Store } from '../store/store.ts';
import { checkTemplate } from '../template/check-template.ts';
import type { CreateRequest } from './create-request.ts';
import { forceThinking } from './force-thinking.ts';
import { goJson } from './go-json.ts';

/** A blob that is to be written before the manifest. */
interface NewBlob extends ManifestBlob {
  bytes: Buffer;
}

export interface Derived {
  name: ModelName;
  manifest: Buffer;
  newBlobs: NewBlob[];
  /** All that the manifest names, the new ones among them. */
  allBlobs: ManifestBlob[];
  /** What whoever asked should know. */
  notes: string[];
}

/**
 * Makes a model from another by other layers of text; all else, above all the weights, is named and not copied
 * (reference: ollama/create `ApplyModelfileLayers`). Writes nothing.
 *
 * @throws GatewayError `model_not_found`; `invalid_request` with what cannot be done, and why.
 */
export async function deriveModel(store: Store, request: CreateRequest): Promise<Derived> {
  const name = await store.nameOnDisk(parseModelName(request.model));
  const base = await store.openModel(await store.nameOnDisk(parseModelName(request.from)));
  if (!base) {
    throw new GatewayError('model_not_found', `model '${request.from}' not found, try pulling it first`, {
      param: 'from',
    });
  }
  const newBlobs = await newLayersOf(store, base, request);
  const replaced = new Set(newBlobs.flatMap(({ mediaType }) => REPLACES[mediaType] ?? []));
  const kept = base.stored.manifest.layers.filter(({ mediaType }) => !replaced.has(mediaType));
  const layers = [
    ...kept.map((layer) => ({ ...layer, from: shortName(base.name) })),
    ...newBlobs.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  ];
  const config = base.stored.manifest.config ?? { mediaType: '', digest: '', size: 0 };
  const { mediaType, digest, size } = config;
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType, digest, size },
      layers,
    }),
  );
  const allBlobs = blobsOf(readManifest(manifest));
  return { name, manifest, newBlobs, allBlobs, notes: notesOn(base, request) };
}

const kind = (name: string) => LAYER_PREFIX + name;

/** Of these there is one; licenses are added to those that are there. */
const REPLACES: Record<string, string[]> = {
  [kind('template')]: [kind('template'), kind('prompt')],
  [kind('system')]: [kind('system')],
  [kind('params')]: [kind('params')],
};

async function newLayersOf(store: Store, base: StoredModel, request: CreateRequest): Promise<NewBlob[]> {
  const template = templateFor(base, request);
  const { system, parameters, licenses } = request;
  return [
    ...(template === undefined ? [] : [blob('template', Buffer.from(template))]),
    ...(system === undefined ? [] : [blob('system', Buffer.from(system))]),
    ...licenses.map((license) => blob('license', Buffer.from(license))),
    ...(Object.keys(parameters).length === 0
      ? []
      : [blob('params', goJson({ ...(await parametersOf(store, base)), ...parameters }))]),
  ];
}

function blob(name: string, bytes: Buffer): NewBlob {
  return { mediaType: kind(name), digest: digestOf(bytes), size: bytes.length, bytes };
}

function templateFor(base: StoredModel, { template, think }: CreateRequest): string | undefined {
  if (template === undefined && think === undefined) return undefined;
  const builtIn = builtInOf(base.config);
  if (builtIn !== undefined) throw ignored(base, builtIn, think ? 'think' : 'template');
  if (template !== undefined) {
    checkTemplate(template);
    return template;
  }
  if (base.template === undefined) throw noTemplate(base);
  return forceThinking(base.template);
}

async function parametersOf(store: Store, base: StoredModel): Promise<Record<string, unknown>> {
  const shown = await store.parametersOf(base);
  if (shown) return shown;
  throw new GatewayError('invalid_request', `The parameters of \`${shortName(base.name)}\` cannot be read.`, {
    param: 'from',
  });
}

function notesOn(base: StoredModel, { template, think, parameters }: CreateRequest): string[] {
  const hasJinja = base.gguf !== undefined && chatTemplateOf(base.gguf) !== '';
  return [
    ...((template || think) && hasJinja
      ? [
          'The model file has a template of its own, which Ollama from 0.30 on may take instead: set OLLAMA_GO_TEMPLATE=1, as ollama-proxy does.',
        ]
      : []),
    ...(parameters.num_ctx === undefined
      ? []
      : [
          `It shares its weights with ${shortName(base.name)}: Ollama loads them anew whenever calls change between the two, since their num_ctx differs.`,
        ]),
  ];
}

const ignored = (base: StoredModel, builtIn: string, param: string) =>
  new GatewayError(
    'invalid_request',
    `\`${shortName(base.name)}\` makes its prompts by ${builtIn} built into Ollama, so a template would be ignored. ` +
      'Change its system prompt or its parameters only, or take as the base the same model from a source that gives it a template.',
    { param },
  );

const noTemplate = (base: StoredModel) =>
  new GatewayError(
    'invalid_request',
    `\`${shortName(base.name)}\` has no Go template to change. Give a whole \`template\` instead.`,
    { param: 'think' },
  );
