import { sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { instant } from '../tenancy/instant.ts';

/** A limit as its owner may see it. */
export type OwnLimit = {
  owner: 'key' | 'consumer';
  metric: 'requests' | 'tokens' | 'cost' | 'parallel';
  window: 'minute' | 'hour' | 'day' | 'month' | 'total' | 'open';
  /** Requests, tokens, micro-yuan, or calls at once. */
  limit: number;
  /** Null where nothing is counted up: a rate is a clock, and `parallel` knows only what is open. */
  used: number | null;
  /** Set aside for calls under way; null for a rate, which holds nothing. */
  held: number | null;
  left: number;
  /** When it is whole again; null where no time makes it so. */
  resetsAt: string | null;
  strict: boolean;
};

/**
 * The limits of a key and of its own consumer, never of those above, as they stand at this moment by the ledger's clock.
 *
 * Reads without locks. The ledger leaves a window with the first call that comes after its end; until then the row shows the
 * former one, so what is over counts as fresh here.
 */
export function ownLimits(
  database: Database,
  { keyId, consumerId }: { keyId: number; consumerId: number },
): Promise<OwnLimit[]> {
  return database.read((db) =>
    db.execute<OwnLimit>(sql`
      with clock as materialized (select ledger_now() as at),
      own as (
        select l.*, clock.at, l.ends_at <= clock.at as is_over, zone.time_zone,
               floor(extract(epoch from clock.at) * 1000000)::bigint as at_us
          from limits l
         cross join clock
         cross join (select time_zone from consumers where id = ${consumerId}) zone
         where (l.key_id = ${keyId} or l.consumer_id = ${consumerId}) and l.retired_at is null
      ), current as (
        select own.*, case when is_over then 0 else used end as used_now, case when is_over then 0 else held end as held_now,
               greatest(tat_us, at_us) - at_us as owed_us,
               case when is_over then (window_around(win, time_zone, at)).ends else ends_at end as ends_now
          from own
      )
      select case when key_id is null then 'consumer' else 'key' end as owner, metric, win as window, amount::float8 as limit, strict,
             case when win not in ('minute', 'open') then used_now::float8 end as used,
             case when win <> 'minute' then held_now::float8 end as held,
             (case win when 'minute' then floor(greatest(60000000 - owed_us, 0)::numeric * amount / 60000000)
                       else greatest(amount - used_now - held_now, 0) end)::float8 as left,
             ${instant(sql`(case win when 'minute' then at + owed_us * interval '1 microsecond' else ends_now end)`)} as "resetsAt"
        from current
       order by key_id is null, array_position(array['requests', 'tokens', 'cost', 'parallel'], metric),
                array_position(array['minute', 'hour', 'day', 'month', 'total', 'open'], win)`),
  );
}
