import { sql } from 'drizzle-orm';
import type { Database } from '#shared/db/database.ts';
import type { HeaderRules as HeaderRow } from '#shared/db/schema.ts';
import type { Canary, CatalogSnapshot, HeaderRules, Model, Route, Timeouts, Upstream } from './catalog.ts';
import { resolveCredential, resolveEntry, type UpstreamVariables } from './upstream-variables.ts';

type Row = {
  version: string;
  name: string | null;
  display_name: string | null;
  aliases: string[];
  description: string | null;
  kind: Model['kind'];
  capabilities: Model['capabilities'];
  context_tokens: number | null;
  max_output_tokens: number | null;
  created_at_s: number;
  routes: RouteRow[];
};

type RouteRow = {
  id: number;
  upstream: string;
  backend: Route['upstream']['backend'];
  address: string;
  credential: string | null;
  model: string;
  tier: number;
  weight: number;
  context_steps: number[];
  keep_alive: string | null;
  canary_percent: number | null;
  canary_header: string | null;
  slots: number | null;
  headers: HeaderRow;
  output_cap_field: Upstream['outputCapField'];
  timeouts: Record<keyof Timeouts, number | null>;
};

/** Reads the whole catalog and its version in one statement, so that both are of the same instant. */
export async function loadCatalog(
  database: Pick<Database, 'read'>,
  variables: UpstreamVariables,
): Promise<CatalogSnapshot> {
  const rows = await database.read((db) => db.execute<Row>(CATALOG));
  const models = rows.flatMap((row) => (row.name === null ? [] : [modelOf(row, row.name, variables)]));
  return {
    version: Number(rows[0]?.version ?? 0),
    models: new Map(models.map((model) => [model.name, model])),
    aliases: new Map(
      rows.flatMap(({ name, aliases }) => (name === null ? [] : aliases.map((alias) => [alias, name]))),
    ),
  };
}

const CATALOG = sql`
  select c.version, m.name, m.display_name, to_jsonb(m.aliases) as aliases, m.description, m.kind, to_jsonb(m.capabilities) as capabilities,
         m.context_tokens, m.max_output_tokens, extract(epoch from m.created_at)::int as created_at_s,
         coalesce(t.routes, '[]') as routes
    from catalog c
    left join models m on m.status = 'active'
    left join lateral (
      select jsonb_agg(jsonb_build_object(
               'id', u.id, 'upstream', u.name, 'backend', u.backend, 'address', u.address,
               'credential', u.credential, 'model', r.upstream_model, 'tier', r.tier, 'weight', r.weight,
               'context_steps', to_jsonb(r.context_steps), 'keep_alive', r.keep_alive,
               'canary_percent', r.canary_percent, 'canary_header', r.canary_header, 'slots', u.slots,
               'headers', u.headers, 'output_cap_field', u.output_cap_field, 'timeouts', jsonb_build_object(
                 'connectMs', u.connect_timeout_ms, 'firstPieceMs', u.first_piece_timeout_ms,
                 'idleMs', u.idle_timeout_ms, 'totalMs', u.total_timeout_ms))
             order by r.tier, u.id, r.upstream_model) as routes
        from routes r join upstreams u on u.id = r.upstream_id
       where r.model = m.name and u.status = 'active'
    ) t on true
   order by m.name`;

function modelOf(row: Row, name: string, variables: UpstreamVariables): Model {
  return {
    name,
    kind: row.kind,
    capabilities: row.capabilities,
    createdAtSeconds: row.created_at_s,
    ...(row.display_name !== null && { displayName: row.display_name }),
    ...(row.description !== null && { description: row.description }),
    ...(row.context_tokens !== null && { contextTokens: row.context_tokens }),
    ...(row.max_output_tokens !== null && { maxOutputTokens: row.max_output_tokens }),
    routes: row.routes.flatMap((route) => routeOf(route, variables)),
  };
}

/** None where this place does not set a variable that the upstream names: it does not exist here, rather than without its credential. */
function routeOf(row: RouteRow, variables: UpstreamVariables): Route[] {
  const upstream = upstreamOf(row, variables);
  if (!upstream) return [];
  const canary = canaryOf(row);
  return [
    {
      upstream,
      model: row.model,
      tier: row.tier,
      weight: row.weight,
      contextSteps: row.context_steps,
      ...(row.keep_alive !== null && { keepAlive: row.keep_alive }),
      ...(canary && { canary }),
    },
  ];
}

function upstreamOf(row: RouteRow, variables: UpstreamVariables): Upstream | undefined {
  const address = resolveEntry(row.address, variables);
  const credential = row.credential === null ? undefined : resolveCredential(row.credential, variables);
  const headers = headersOf(row.headers, variables);
  if (address === undefined || (row.credential !== null && credential === undefined) || !headers)
    return undefined;
  const timeouts = Object.entries(row.timeouts).filter(([, ms]) => ms !== null);
  return {
    id: row.id,
    name: row.upstream,
    backend: row.backend,
    address: address.replace(/\/+$/, ''),
    headers,
    outputCapField: row.output_cap_field,
    timeouts: Object.fromEntries(timeouts),
    ...(credential !== undefined && { credential }),
    ...(row.slots !== null && { slots: row.slots }),
  };
}

function headersOf(
  { set = {}, remove = [], rename = {} }: HeaderRow,
  variables: UpstreamVariables,
): HeaderRules | undefined {
  const values = Object.entries(set).map(
    ([name, value]) => [name.toLowerCase(), resolveEntry(value, variables)] as const,
  );
  if (values.some(([, value]) => value === undefined)) return undefined;
  const lower = ([from, to]: [string, string]) => [from.toLowerCase(), to.toLowerCase()];
  return {
    set: Object.fromEntries(values) as Record<string, string>,
    remove: remove.map((name) => name.toLowerCase()),
    rename: Object.fromEntries(Object.entries(rename).map(lower)),
  };
}

function canaryOf({ canary_percent: percent, canary_header: text }: RouteRow): Canary | undefined {
  if (percent === null && text === null) return undefined;
  const [, name = '', value] = /^([^:]*[^:\s])\s*(?::\s*(.*))?$/.exec(text ?? '') ?? [];
  return {
    ...(percent !== null && { percent }),
    ...(text !== null && { header: { name: name.toLowerCase(), ...(value && { value }) } }),
  };
}
