import type { Cluster } from './cluster.ts';

/** What the routers of a cluster have told each other of an upstream; undefined where there was nothing to tell. */
export async function stateOf({ books }: Pick<Cluster, 'books'>, index: number) {
  const [row] = await books.sql<State[]>`
    select failures, failure, open_until is not null as "onTrial", coalesce(open_until > clock_timestamp(), false) as "rests",
           ceil(extract(epoch from open_until - clock_timestamp()) * 1000)::float8 as "restMs", has, loaded
      from upstream_states where upstream_id = ${index + 1}`;
  return row;
}

interface State {
  failures: number;
  failure: string | null;
  /** It has failed so often that it rests, or has rested and not succeeded since. */
  onTrial: boolean;
  rests: boolean;
  restMs: number | null;
  has: string[] | null;
  loaded: string[] | null;
}
