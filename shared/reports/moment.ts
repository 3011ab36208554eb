import * as z from 'zod';
import { Refusal } from '../tenancy/refusal.ts';

/** An instant, or a day where the report is read. */
export const Moment = z.union([
  z.strictObject({ at: z.iso.datetime({ offset: true }) }),
  z.strictObject({ day: z.iso.date() }),
]);
export type Moment = z.infer<typeof Moment>;

/** A day or an instant as people write it. @throws Refusal */
export function readMoment(text: string): Moment {
  const { success, data } = Moment.safeParse(text.includes('T') ? { at: text } : { day: text });
  if (success) return data;
  throw new Refusal('invalid', `'${text}' is no time: write 2026-08-01, or 2026-08-01T08:00:00+08:00.`);
}
