import * as z from 'zod';

/** A timer of s.yaml that is switched on. */
export interface TimerTrigger {
  name: string;
  cronExpression: string;
  payload: string;
}

/** A trigger of the type `timer`; FC has no default for what it does and when. */
export const TimerProps = z.looseObject({
  triggerName: z.string().min(1),
  triggerConfig: z.looseObject({
    enable: z.boolean(),
    cronExpression: z.string().min(1),
    payload: z.string().default(''),
  }),
});

export const timersOf = (triggers: z.output<typeof TimerProps>[]): TimerTrigger[] =>
  triggers
    .filter(({ triggerConfig }) => triggerConfig.enable)
    .map(({ triggerName: name, triggerConfig: { cronExpression, payload } }) => ({
      name,
      cronExpression,
      payload,
    }));

/** What `@every 1m` and the like mean; undefined for cron fields, and for more than Node's clock can count to. */
export function intervalMs(cronExpression: string): number | undefined {
  const [, count = '0', unit = ''] = cronExpression.match(/^@every ([1-9]\d*)([smh])$/) ?? [];
  const ms = Number(count) * (UNITS_MS[unit] ?? 0);
  return ms > 0 && ms <= MAX_INTERVAL_MS ? ms : undefined;
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };
const MAX_INTERVAL_MS = 0x7fffffff;
