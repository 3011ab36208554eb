import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import { Refusal } from '../tenancy/refusal.ts';
import { CatalogDocument, inOrder } from './document.ts';
import { shapeProblems, showProblem } from './problem.ts';

/** The catalog as the tables have it, which others write, too: of the right types, and perhaps not of the right shape. */
export interface CurrentCatalog {
  /** The number by which routers know it. */
  version: number;
  document: CatalogDocument;
}

export async function readCatalog(db: Drizzle): Promise<CurrentCatalog> {
  const [row] = await db.execute<{ version: string } & CatalogDocument>(CURRENT);
  const { version, upstreams, models, routes } = row!;
  return { version: Number(version), document: inOrder({ upstreams, models, routes }) };
}

/** In one statement, so that all of it is of one instant. */
const CURRENT = sql`
  select c.version,
         (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                   'name', u.name, 'backend', u.backend, 'address', u.address, 'credential', u.credential,
                   'slots', u.slots, 'headers', '{"rename": {}, "remove": [], "set": {}}'::jsonb || u.headers,
                   'outputCapField', u.output_cap_field, 'status', u.status, 'timeouts', jsonb_build_object(
                     'connectMs', u.connect_timeout_ms, 'firstPieceMs', u.first_piece_timeout_ms,
                     'idleMs', u.idle_timeout_ms, 'totalMs', u.total_timeout_ms)))), '[]')
            from upstreams u) as upstreams,
         (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                   'name', m.name, 'displayName', m.display_name, 'description', m.description,
                   'aliases', to_jsonb(m.aliases), 'kind', m.kind, 'capabilities', to_jsonb(m.capabilities),
                   'contextTokens', m.context_tokens, 'maxOutputTokens', m.max_output_tokens,
                   'defaultOutput', m.default_output, 'minOutput', m.min_output,
                   'imageTokens', m.image_tokens, 'status', m.status))), '[]')
            from models m) as models,
         (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                   'model', r.model, 'upstream', u.name, 'upstreamModel', r.upstream_model,
                   'tier', r.tier, 'weight', r.weight, 'contextSteps', to_jsonb(r.context_steps),
                   'keepAlive', r.keep_alive, 'canaryPercent', r.canary_percent,
                   'canaryHeader', r.canary_header))), '[]')
            from routes r join upstreams u on u.id = r.upstream_id) as routes
    from catalog c`;

/** A document as an operator wrote it. @throws Refusal that names each field which is wrong */
export function readDocument(json: string): CatalogDocument {
  return parseDocument(parse(json));
}

/** @throws Refusal */
export function parseDocument(value: unknown): CatalogDocument {
  const { success, data, error } = CatalogDocument.safeParse(value);
  if (success) return inOrder(data);
  const wrong = shapeProblems(value, error.issues).map(showProblem);
  throw new Refusal('invalid', `The catalog would not be right: ${wrong.join('; ')}.`);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json, withoutPrototype);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal('invalid', `This is no JSON: ${error.message}.`);
    throw error;
  }
}

/** A schema would pass over such a field in silence. */
function withoutPrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new Refusal('invalid', 'There is no such field as __proto__.');
  return value;
}
