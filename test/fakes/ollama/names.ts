export interface ModelName {
  host: string;
  namespace: string;
  model: string;
  tag: string;
}

/** Takes `[host/][namespace/]model[:tag]` apart and fills in what is left out; null when no such name can exist. */
export function parseName(text: string): ModelName | null {
  const [path = '', tag = 'latest', ...more] = splitTag(text);
  const parts = path.split('/');
  const [model = '', namespace = 'library', host = 'registry.ollama.ai'] = parts.toReversed();
  const name = { host, namespace, model, tag };
  return isValidName(name) && parts.length <= 3 && more.length === 0 ? name : null;
}

/** Whether all parts are such as Ollama takes; a host may have a port, and a namespace has no dot. */
export const isValidName = ({ host, namespace, model, tag }: ModelName): boolean =>
  HOST.test(host) && NAMESPACE.test(namespace) && PART.test(model) && PART.test(tag);

/** The long form that Ollama puts into "does not support tools". */
export const fullName = (name: ModelName) => `${name.host}/${name.namespace}/${name.model}:${name.tag}`;

/** The short form of listings: host and namespace only where they are not the usual ones. */
export function shortName(name: ModelName): string {
  const model = `${name.model}:${name.tag}`;
  if (name.host !== 'registry.ollama.ai') return `${name.host}/${name.namespace}/${model}`;
  return name.namespace === 'library' ? model : `${name.namespace}/${model}`;
}

const HOST = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}$/;
const NAMESPACE = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$/;
const PART = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/;

function splitTag(text: string): string[] {
  const lastSlash = text.lastIndexOf('/') + 1;
  const [model = '', ...tags] = text.slice(lastSlash).split(':');
  return [text.slice(0, lastSlash) + model, ...tags];
}
