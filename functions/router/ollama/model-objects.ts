import { createHash } from 'node:crypto';
import type { Model } from '#shared/catalog/catalog.ts';

/**
 * An entry of `/api/tags`. Of the file behind a model nothing is told, nor known for sure: it may lie at several
 * upstreams. The digest is of the name, so that it stays the same for clients that keep it.
 */
export const tagObject = (model: Model) => ({
  name: model.name,
  model: model.name,
  modified_at: timeOf(model),
  size: 0,
  digest: createHash('sha256').update(model.name).digest('hex'),
  details: {
    ...DETAILS,
    ...(model.contextTokens !== undefined && { context_length: model.contextTokens }),
  },
  capabilities: capabilitiesOf(model),
});

/** An entry of `/api/ps`. When an upstream lets it go is not known here: `expires_at` is a time to ask again. */
export const loadedObject = (model: Model) => ({
  ...tagObject(model),
  size_vram: 0,
  context_length: model.contextTokens ?? 0,
  expires_at: new Date(Date.now() + LOOK_AGAIN_MS).toISOString(),
});

const LOOK_AGAIN_MS = 300_000;

/**
 * The answer of `/api/show`. Neither template nor parameters: they are the operator's. Clients look for the context
 * under the name of the architecture, whatever that is.
 */
export const showObject = (model: Model) => ({
  details: DETAILS,
  model_info: {
    'general.architecture': ARCHITECTURE,
    'general.basename': model.name,
    ...(model.contextTokens !== undefined && { [`${ARCHITECTURE}.context_length`]: model.contextTokens }),
  },
  capabilities: capabilitiesOf(model),
  modified_at: timeOf(model),
});

/** The fields that clients' types have, empty. */
const DETAILS = {
  parent_model: '',
  format: '',
  family: '',
  families: [],
  parameter_size: '',
  quantization_level: '',
};

const ARCHITECTURE = 'unknown';

const capabilitiesOf = ({ kind, capabilities }: Model) =>
  kind === 'embedding' ? ['embedding'] : ['completion', ...capabilities];

const timeOf = ({ createdAtSeconds }: Model) => new Date(createdAtSeconds * 1000).toISOString();
