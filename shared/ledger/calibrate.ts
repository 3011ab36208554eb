import { sql } from 'drizzle-orm';
import type { Database } from '#shared/db/database.ts';
import { calibrations } from '#shared/db/ledger-schema.ts';
import { fitWeights } from './fit.ts';

/** What a model's roll-ups of the last weeks say. */
type History = {
  model: string;
  calls: number;
  output: number;
  timed_output: number;
  output_ms: number;
  xx: number[][];
  xy: number[];
};

/**
 * Learns how each model's tokens relate to characters, messages and seconds, from its own roll-ups. Never on the path of a call.
 *
 * @returns the number of models that have a history
 */
export async function calibrate(database: Database): Promise<number> {
  const histories = await database.read((db) => db.execute<History>(HISTORIES));
  const rows = histories.map(calibrationOf);
  if (rows.length === 0) return 0;
  await database.read((db) =>
    db
      .insert(calibrations)
      .values(rows)
      .onConflictDoUpdate({
        target: calibrations.model,
        set: {
          latin: sql`excluded.latin`,
          cjk: sql`excluded.cjk`,
          other: sql`excluded.other`,
          messageTokens: sql`excluded.message_tokens`,
          usualOutput: sql`excluded.usual_output`,
          rate: sql`excluded.rate`,
          updatedAt: sql`now()`,
        },
      }),
  );
  return rows.length;
}

const USUAL_RATE = 50_000;
const USUAL_OUTPUT_CHARS = 3_500;

function calibrationOf({ model, calls, output, timed_output, output_ms, xx, xy }: History) {
  const [latin, cjk, other, message] = fitWeights({ xx, xy });
  const rate = output_ms > 0 ? Math.round((timed_output * 1_000_000) / output_ms) : USUAL_RATE;
  return {
    model,
    latin: Math.round(latin * 1e6),
    cjk: Math.round(cjk * 1e6),
    other: Math.round(other * 1e6),
    messageTokens: Math.round(message),
    outputChars: USUAL_OUTPUT_CHARS,
    usualOutput: Math.max(1, Math.round(output / calls)),
    rate: Math.min(10_000_000, Math.max(100, rate)),
  };
}

// Of rows with images nothing can be learnt about text. A row of n calls counts as n observations of their mean.
const HISTORIES = sql`
  select model, sum(reported)::float8 as calls, sum(reported_output)::float8 as output,
         sum(timed_output)::float8 as timed_output, sum(output_ms)::float8 as output_ms,
         jsonb_build_array(
           jsonb_build_array(sum(l * l * w), sum(l * c * w), sum(l * o * w), sum(l * m * w)),
           jsonb_build_array(sum(l * c * w), sum(c * c * w), sum(c * o * w), sum(c * m * w)),
           jsonb_build_array(sum(l * o * w), sum(c * o * w), sum(o * o * w), sum(o * m * w)),
           jsonb_build_array(sum(l * m * w), sum(c * m * w), sum(o * m * w), sum(m * m * w))) as xx,
         jsonb_build_array(sum(l * y * w), sum(c * y * w), sum(o * y * w), sum(m * y * w)) as xy
    from rollups,
         lateral (select latin::float8 as l, cjk::float8 as c, other::float8 as o, messages::float8 as m,
                         reported_prompt::float8 as y, 1 / reported::float8 as w) t
   where hour > now() - interval '30 days' and reported > 0 and images = 0
   group by model`;
