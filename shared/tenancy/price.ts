import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Drizzle } from '../db/database.ts';
import { instant } from './instant.ts';
import { Refusal } from './refusal.ts';

const PerMillionTokens = z
  .int()
  .min(0)
  .max(1_000_000_000_000, 'must be at most 1000000 yuan per million tokens');

/** In micro-yuan per million tokens. */
export const PriceWish = z.strictObject({
  model: z.string().min(1),
  input: PerMillionTokens,
  output: PerMillionTokens,
});
export type PriceWish = z.infer<typeof PriceWish>;

/** A version of a model's price. A call pays the version of its admission. */
export type Price = PriceWish & {
  version: number;
  createdAt: string;
  /** Whether calls are admitted at this price now. */
  current: boolean;
};

/** Prices a model, as a new version; the same price again makes none. @throws Refusal */
export function setPrice(
  db: Drizzle,
  { model, input, output }: PriceWish,
): Promise<{ price: Price; isNew: boolean }> {
  return db.transaction(async (tx) => {
    // Two at once would make the same version.
    const known = await tx.execute(sql`select from models where name = ${model} for no key update`);
    if (known.length === 0) throw new Refusal('not_found', `The catalog has no model '${model}'.`);
    const before = (await listPrices(tx, model)).at(-1);
    if (before?.input === input && before.output === output) return { price: before, isNew: false };
    await tx.execute(sql`
      insert into prices (model, version, input, output)
      values (${model}, ${(before?.version ?? 0) + 1}, ${input}, ${output})`);
    return { price: (await listPrices(tx, model)).at(-1)!, isNew: true };
  });
}

/** All versions, of one model or of each; the newest of a model is last. */
export function listPrices(db: Drizzle, model?: string): Promise<Price[]> {
  return db.execute<Price>(sql`
    select model, version, input::float8, output::float8, ${instant(sql`created_at`)} as "createdAt",
           version = max(version) over (partition by model) as current
      from prices
     where ${model === undefined ? sql`true` : sql`model = ${model}`}
     order by model, version`);
}
