import * as z from 'zod';

const Int = z.int().max(2_147_483_647);
const Small = z.int().max(32_767);
/** What PostgreSQL can hold and give back as it was. */
const Text = z.string().refine((text) => text.isWellFormed() && !text.includes('\0'), 'is no proper text');
const Line = Text.min(1, 'must not be empty').regex(/^\P{Cc}*$/u, 'must not hold control characters');
const Name = Line.max(200, 'must have at most 200 characters').refine(
  (name) => name.trim() === name,
  'must not begin or end with a space',
);
const Status = z.enum(['active', 'disabled']).default('active');
const Milliseconds = Int.min(1);

/** In this order, by lower-case names; a value is a text, or `env:UPSTREAM_…`. */
const Headers = z.strictObject({
  rename: z.record(z.string(), z.string()).default({}),
  remove: z.array(z.string()).default([]),
  set: z.record(z.string(), Line).default({}),
});
export type HeadersEntry = z.infer<typeof Headers>;

const UpstreamEntry = z.strictObject({
  name: Name,
  backend: z.enum(['ollama', 'openai']),
  /** A URL, or `env:UPSTREAM_…`. */
  address: Line,
  /** `env:UPSTREAM_…`, or `signed:env:UPSTREAM_…` where it signs each request. */
  credential: Line.exactOptional(),
  slots: Small.min(1).exactOptional(),
  headers: Headers.prefault({}),
  outputCapField: z.enum(['max_tokens', 'max_completion_tokens']).default('max_tokens'),
  timeouts: z
    .strictObject({
      connectMs: Milliseconds.exactOptional(),
      firstPieceMs: Milliseconds.exactOptional(),
      idleMs: Milliseconds.exactOptional(),
      totalMs: Milliseconds.exactOptional(),
    })
    .default({}),
  status: Status,
});
export type UpstreamEntry = z.infer<typeof UpstreamEntry>;

const ModelEntry = z.strictObject({
  name: Name,
  displayName: Name.exactOptional(),
  description: Text.min(1).max(2000, 'must have at most 2000 characters').exactOptional(),
  aliases: z.array(Name).default([]),
  kind: z.enum(['chat', 'embedding']).default('chat'),
  capabilities: z.array(z.enum(['tools', 'vision', 'thinking'])).default([]),
  contextTokens: Int.min(1).exactOptional(),
  maxOutputTokens: Int.min(1).exactOptional(),
  defaultOutput: Int.min(1).exactOptional(),
  minOutput: Int.min(1).default(64),
  imageTokens: z.int().min(0).max(1_000_000).default(1500),
  status: Status,
});
export type ModelEntry = z.infer<typeof ModelEntry>;

const RouteEntry = z.strictObject({
  model: Name,
  upstream: Name,
  upstreamModel: Name,
  tier: Small.min(0).default(0),
  weight: Small.min(1).default(1),
  contextSteps: z.array(Int.min(1)).default([]),
  keepAlive: Line.exactOptional(),
  canaryPercent: z.int().min(1).max(100).exactOptional(),
  canaryHeader: Line.exactOptional(),
});
export type RouteEntry = z.infer<typeof RouteEntry>;

/** The whole catalog, as it is edited, kept and compared. What a field means stands at its column, in db/schema.ts. */
export const CatalogDocument = z.strictObject({
  upstreams: z.array(UpstreamEntry),
  models: z.array(ModelEntry),
  routes: z.array(RouteEntry),
});
export type CatalogDocument = z.infer<typeof CatalogDocument>;

/** The same before it is checked: what has a default may be absent. */
export type CatalogDraft = z.input<typeof CatalogDocument>;

export type RouteIdentity = Pick<RouteEntry, 'model' | 'upstream' | 'upstreamModel'>;

/** The same for two routes that are one: tables hold a route of these three names once. */
export const routeName = ({ model, upstream, upstreamModel }: RouteIdentity): string =>
  upstreamModel === model ? `${model} → ${upstream}` : `${model} → ${upstream} ${upstreamModel}`;

/** The one order of a document's entries, so that two which say the same are equal. */
export const inOrder = ({ upstreams, models, routes }: CatalogDocument): CatalogDocument => ({
  upstreams: upstreams.toSorted(by((upstream) => [upstream.name])),
  models: models.toSorted(by((model) => [model.name])),
  routes: routes.toSorted(by((route) => [route.model, route.upstream, route.upstreamModel])),
});

const by =
  <Entry>(names: (entry: Entry) => string[]) =>
  (one: Entry, other: Entry): number => {
    const others = names(other);
    for (const [index, name] of names(one).entries()) {
      if (name !== others[index]) return name < others[index]! ? -1 : 1;
    }
    return 0;
  };
