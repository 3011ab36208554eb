import { GatewayError } from '../../errors.ts';

/** The full name of a model, as Ollama takes one apart (reference: ollama/types/model/name.go). */
export interface ModelName {
  /** `http` was asked for; whether it is allowed, the operator's list of registries says. */
  scheme: 'https' | 'http';
  /** With its port, if there is one. */
  host: string;
  namespace: string;
  model: string;
  tag: string;
}

const DEFAULTS = {
  scheme: 'https',
  host: 'registry.ollama.ai',
  namespace: 'library',
  tag: 'latest',
} as const;

/** Each begins with a letter, a digit or `_`, so none can be `.` or `..`, and none holds a slash. */
const PARTS = {
  host: /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}$/,
  namespace: /^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$/,
  model: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/,
  tag: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/,
} as const;

/**
 * Reads `[scheme://][host/][namespace/]model[:tag]`. Case is kept.
 *
 * @throws GatewayError `invalid_request` for what Ollama would not take, and for models of its cloud: their prompts
 *   would leave the house.
 */
export function parseModelName(text: string): ModelName {
  const name = takenApart(text);
  const isGood = (Object.keys(PARTS) as (keyof typeof PARTS)[]).every((part) => PARTS[part].test(name[part]));
  if (!isGood) throw new GatewayError('invalid_request', 'invalid model name', { param: 'model' });
  if (isCloud(name)) {
    throw new GatewayError(
      'invalid_request',
      `\`${shortName(name)}\` runs in Ollama's cloud and is not offered here.`,
      {
        param: 'model',
      },
    );
  }
  return name;
}

function takenApart(text: string): ModelName {
  const [, scheme, bare] = /^(?:(https?):\/\/)?(.*)$/s.exec(text)!;
  const local = bare!.replace(/:local$/, ''); // says where it is looked for, not what it is called
  const colon = local.lastIndexOf(':');
  const hasTag = colon > local.lastIndexOf('/');
  const tag = hasTag ? local.slice(colon + 1) : DEFAULTS.tag;
  const [model = '', namespace = DEFAULTS.namespace, host = DEFAULTS.host, ...rest] = (
    hasTag ? local.slice(0, colon) : local
  )
    .split('/')
    .toReversed();
  return {
    scheme: (scheme as 'http' | 'https' | undefined) ?? DEFAULTS.scheme,
    host: rest.length > 0 ? '' : host,
    namespace,
    model,
    tag,
  };
}

/** What asks a cloud: the tag `cloud`, or one that ends in `-cloud` (reference: ollama/internal/modelref). */
const isCloud = ({ tag }: Pick<ModelName, 'tag'>): boolean => /(^|-)cloud$/i.test(tag);

/** As Ollama shows it: without what is the default, but always with its tag. */
export function shortName({ host, namespace, model, tag }: ModelName): string {
  if (host !== DEFAULTS.host) return `${host}/${namespace}/${model}:${tag}`;
  return namespace === DEFAULTS.namespace ? `${model}:${tag}` : `${namespace}/${model}:${tag}`;
}

/** `host/namespace/model/tag`: below `manifests/`, and the name by which jobs know a model. */
export const modelPath = ({ host, namespace, model, tag }: ModelName): string =>
  `${host}/${namespace}/${model}/${tag}`;

/** @throws GatewayError `invalid_request` for a path that no model has. */
export function nameOfPath(path: string): ModelName {
  const parts = path.split('/');
  if (parts.length !== 4) throw new GatewayError('invalid_request', 'invalid model name', { param: 'model' });
  const [host, namespace, model, tag] = parts as [string, string, string, string];
  return parseModelName(`${host}/${namespace}/${model}:${tag}`);
}
