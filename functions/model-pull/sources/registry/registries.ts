import * as z from 'zod';
import { JsonText } from '#shared/config.ts';
import { GatewayError } from '#shared/errors.ts';
import type { ModelName } from '#shared/protocol/registry/model-name.ts';

/** A registry that the operator lets models come from. */
export interface Registry {
  /** Such as `https://registry.ollama.ai`. It may lie inside, and only where this says http is it asked by http. */
  origin: string;
  /** Origins that its redirects may lead to although they lie inside; the public internet needs no mention. */
  redirects: string[];
}

const Origin = z
  .url({ protocol: /^https?$/, error: 'must be an http(s):// address' })
  .refine((text) => isOrigin(text), 'must be scheme and host alone')
  .transform((text) => new URL(text).origin);

const Entry = z.union([
  Origin.transform((origin): Registry => ({ origin, redirects: [] })),
  z.strictObject({ origin: Origin, redirects: z.array(Origin).default([]) }),
]);

/** The setting: a JSON list of origins, or of objects with an origin and its redirects. */
export const Registries = JsonText.pipe(
  z
    .array(Entry)
    .refine((all) => new Set(all.map(hostOf)).size === all.length, 'must name each registry once'),
);

export const DEFAULT_REGISTRIES = JSON.stringify([
  'https://registry.ollama.ai',
  'https://hf.co',
  'https://modelscope.cn',
]);

/**
 * The registry that a name means. Its scheme is the operator's, whatever the name says, so that no address comes
 * from a caller.
 *
 * @throws GatewayError `invalid_request` for one that is not listed.
 */
export function registryOf({ host }: Pick<ModelName, 'host'>, registries: readonly Registry[]): Registry {
  const registry = registries.find((each) => hostOf(each) === host.toLowerCase());
  if (registry) return registry;
  const known = registries.map(hostOf).join(', ') || 'none';
  throw new GatewayError(
    'invalid_request',
    `Models of \`${host}\` are not offered here; registries are ${known}.`,
    { param: 'model' },
  );
}

const hostOf = ({ origin }: Registry) => new URL(origin).host;

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { pathname, search, hash, username, password } = new URL(text);
  return pathname === '/' && `${search}${hash}${username}${password}` === '';
}
