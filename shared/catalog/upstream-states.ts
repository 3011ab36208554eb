import { sql } from 'drizzle-orm';
import type { Database } from '#shared/db/database.ts';

/** What routers know of upstreams together, in one look. */
export interface FleetFacts {
  /** By the upstream's id; one that is not here has always been well. */
  states: ReadonlyMap<number, UpstreamState>;
  /** Calls in flight of all other routers, by the upstream's name. */
  inFlight: ReadonlyMap<string, number>;
}

export interface UpstreamState {
  /** Failures in a row. */
  failures: number;
  /** How long it still rests; 0 = not at all. */
  restsMs: number;
  /** It rested and has not succeeded since; false after a success. */
  isOnTrial: boolean;
  /** By lower-case names; undefined = not known. */
  has: ReadonlySet<string> | undefined;
  loaded: ReadonlySet<string> | undefined;
  /** How long ago it was asked for these. */
  listAgeMs: number;
}

type StateRow = {
  id: number;
  failures: number;
  rests_ms: number;
  on_trial: boolean;
  has: string[] | null;
  loaded: string[] | null;
  list_age_ms: number | null;
};

const STATE = sql`
  jsonb_build_object('id', s.upstream_id, 'failures', s.failures, 'on_trial', s.open_until is not null,
    'rests_ms', greatest(ceil(extract(epoch from s.open_until - clock_timestamp()) * 1000), 0),
    'has', to_jsonb(s.has), 'loaded', to_jsonb(s.loaded),
    'list_age_ms', ceil(extract(epoch from clock_timestamp() - s.checked_at) * 1000))`;

/** @param routerId whose own calls are left out: it knows better; null = nobody's */
export async function readFleet(
  database: Pick<Database, 'read'>,
  routerId: string | null,
): Promise<FleetFacts> {
  const [row] = await database.read((db) =>
    db.execute<{ states: StateRow[]; busy: Record<string, number> }>(sql`
      select (select coalesce(jsonb_agg(${STATE}), '[]') from upstream_states s) as states,
             (select coalesce(jsonb_object_agg(upstream, calls), '{}')
                from (select upstream, count(*) as calls from holds
                       where started and upstream is not null and lease_end > clock_timestamp()
                         and router_id is distinct from ${routerId}::uuid
                       group by upstream) busy) as busy`),
  );
  return {
    states: new Map(row!.states.map((state) => [state.id, stateOf(state)])),
    inFlight: new Map(Object.entries(row!.busy)),
  };
}

const stateOf = (row: StateRow): UpstreamState => ({
  failures: row.failures,
  restsMs: row.rests_ms ?? 0,
  isOnTrial: row.on_trial,
  has: namesIn(row.has),
  loaded: namesIn(row.loaded),
  listAgeMs: row.list_age_ms ?? Number.POSITIVE_INFINITY,
});

/** Ollama does not tell names by their case. */
const namesIn = (names: string[] | null) =>
  names ? new Set(names.map((name) => name.toLowerCase())) : undefined;

/** Whether it is our turn to ask an upstream what it has: somebody's, once in a while. */
export async function claimCheck(database: Database, upstreamId: number, everyMs: number): Promise<boolean> {
  const rows = await database.write((db) =>
    db.execute(sql`
      insert into upstream_states as s (upstream_id, checked_at) values (${upstreamId}, clock_timestamp())
      on conflict (upstream_id) do update set checked_at = excluded.checked_at
       where coalesce(s.checked_at <= clock_timestamp() - ${everyMs} * interval '1 ms', true)
      returning 1`),
  );
  return rows.length > 0;
}

/** What an upstream says of itself, for all routers; undefined when it does not say, and what it has is not known any more. */
export async function noteModels(
  database: Database,
  upstreamId: number,
  said: { version: string; has: string[]; loaded: string[] } | undefined,
): Promise<void> {
  const { version = null, has = null, loaded = null } = said ?? {};
  await database.write((db) =>
    db.execute(sql`
      update upstream_states
         set version = coalesce(${version}, version), has = ${namesOf(has)}, loaded = ${namesOf(loaded)}
       where upstream_id = ${upstreamId}`),
  );
}

const namesOf = (names: string[] | null) =>
  names ? sql`array(select jsonb_array_elements_text(${JSON.stringify(names)}::jsonb))` : sql`null`;
