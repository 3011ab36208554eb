import * as z from 'zod';
import { JsonText } from '#shared/config.ts';
import { GatewayError } from '#shared/errors.ts';
import { DIGEST } from '#shared/protocol/registry/digest.ts';
import { type ModelName, modelPath, shortName } from '#shared/protocol/registry/model-name.ts';
import { digestOf } from '../store/hash-file.ts';

/** Names with `*` for any characters, such as `qwen3:*` or `hf.co/bartowski/*`, and digests of manifests. */
const Entry = z.union([
  z.string().regex(DIGEST),
  z.string().regex(/^[\w.:/*-]+$/, 'must be the name of a model, with * for any characters, or sha256:…'),
]);

/** The setting: a JSON list; empty = whatever the registries have. */
export const AllowList = JsonText.pipe(z.array(Entry));
export type AllowList = z.infer<typeof AllowList>;

/** @throws GatewayError `insufficient_scope` for a name that cannot be allowed, whatever its manifest is. */
export function checkNameAllowed(list: AllowList, name: ModelName): void {
  if (isOpen(list) || namesIt(list, name) || list.some(isDigest)) return;
  throw notAllowed(name);
}

/** @throws GatewayError `insufficient_scope` for a model that is allowed neither by its name nor by its digest. */
export function checkManifestAllowed(list: AllowList, name: ModelName, manifest: Buffer): void {
  if (isOpen(list) || namesIt(list, name) || list.includes(digestOf(manifest))) return;
  throw notAllowed(name);
}

const isOpen = (list: AllowList) => list.length === 0;
const isDigest = (entry: string) => DIGEST.test(entry);

function namesIt(list: AllowList, name: ModelName): boolean {
  const { host, namespace, model, tag } = name;
  const names = [shortName(name), `${host}/${namespace}/${model}:${tag}`];
  return list.some((entry) => !isDigest(entry) && names.some((each) => fits(entry, each)));
}

/** `*` takes any run of characters; looked for from left to right, which needs no going back. */
function fits(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return first === text;
  if (!text.startsWith(first)) return false;
  const last = rest.pop()!;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

const notAllowed = (name: ModelName) =>
  new GatewayError(
    'insufficient_scope',
    `\`${shortName(name)}\` is not among the models that may be pulled here.`,
    {
      param: 'model',
      cause: new Error(modelPath(name)),
    },
  );
