import * as z from 'zod';
import { Refusal } from './refusal.ts';
import { readYuan, showYuan } from './yuan.ts';

const METRICS = ['requests', 'tokens', 'cost', 'parallel'] as const;
const WINDOWS = ['minute', 'hour', 'day', 'month', 'total', 'open'] as const;
const GREATEST = 2n ** 53n;
const GREATEST_RATE = 100_000_000_000;

export const Metric = z.enum(METRICS);
export type Metric = z.infer<typeof Metric>;
/** `open` is that of `parallel`, which has none. */
export const Window = z.enum(WINDOWS);
export type Window = z.infer<typeof Window>;

/** How much of what in which time. Cost is counted in micro-yuan. */
export const LimitWish = z
  .strictObject({
    metric: Metric,
    window: Window,
    amount: z.number().refine(isCountable, 'must be a whole number from 0 to 2^53'),
  })
  .refine(({ metric, window }) => (metric === 'parallel') === (window === 'open'), {
    error: 'parallel, and only parallel, has no window',
  })
  .refine(({ window, amount }) => window !== 'minute' || amount <= GREATEST_RATE, {
    error: `a minute can have at most ${GREATEST_RATE}`,
  });
export type LimitWish = z.infer<typeof LimitWish>;

/** A limit as people write it, such as `tokens/month=1000000`. @throws Refusal */
export function readLimit(text: string): LimitWish {
  const [, metric, window, amount] = /^([^/=]*)(?:\/([^/=]*))?=(.*)$/.exec(text) ?? [];
  if (metric === undefined || amount === undefined) {
    throw refusal(
      text,
      'write metric/window=amount, such as tokens/month=1000000, cost/day=5yuan, parallel=4',
    );
  }
  const { success, data, error } = LimitWish.safeParse({
    ...readKind(text, metric, window),
    amount: readAmount(text, metric, amount),
  });
  if (!success) throw refusal(text, error.issues[0]!.message);
  return data;
}

/** What a limit is of, without its amount: `tokens/month`, `parallel`. @throws Refusal */
export function readLimitKind(text: string): Pick<LimitWish, 'metric' | 'window'> {
  const [metric = '', window, ...rest] = text.split('/');
  if (rest.length > 0 || text.includes('=')) throw refusal(text, 'write tokens/month, or parallel');
  return readKind(text, metric, window);
}

/** A limit's kind as people write it. */
export const showKind = ({ metric, window }: Pick<LimitWish, 'metric' | 'window'>) =>
  window === 'open' ? metric : `${metric}/${window}`;

/** A limit as people write it. */
export const showAmount = (limit: LimitWish) =>
  `${showKind(limit)}=${limit.metric === 'cost' ? `${showYuan(limit.amount)}yuan` : limit.amount}`;

function readKind(text: string, metric: string, window: string | undefined) {
  const known = Metric.safeParse(metric);
  if (!known.success) throw refusal(text, `'${metric}' is no metric; there are ${METRICS.join(', ')}`);
  if (known.data === 'parallel') {
    if (window !== undefined) throw refusal(text, 'parallel has no window: write parallel=4');
    return { metric: known.data, window: 'open' as const };
  }
  const knownWindow = Window.exclude(['open']).safeParse(window);
  if (!knownWindow.success) {
    const what = window === undefined ? 'it names no window' : `'${window}' is no window`;
    throw refusal(text, `${what}; there are ${WINDOWS.slice(0, -1).join(', ')}`);
  }
  return { metric: known.data, window: knownWindow.data };
}

function readAmount(text: string, metric: string, amount: string): number {
  const yuan = /^(.*)yuan$/.exec(amount)?.[1];
  if (yuan !== undefined) {
    if (metric !== 'cost') throw refusal(text, 'yuan are for cost alone');
    return readYuan(yuan);
  }
  // Compared before it becomes a number: that would round what is too great to something that is not.
  if (!/^\d{1,20}$/.test(amount) || BigInt(amount) > GREATEST) {
    throw refusal(text, 'its amount must be a whole number from 0 to 2^53');
  }
  return Number(amount);
}

function isCountable(amount: number): boolean {
  return Number.isInteger(amount) && amount >= 0 && amount <= 2 ** 53;
}

const refusal = (text: string, why: string) => new Refusal('invalid', `'${text}' is no limit: ${why}.`);
