import { describe, expect, it } from 'vitest';
import { isTimerExpression } from './timer-expression.ts';

describe('when a timer fires', () => {
  it.each([
    '@every 1m',
    '@every 90s',
    '@every 2h',
    '0 0 4 * * *',
    '0 */5 8-18 ? * MON-FRI',
    '0 0,30 4 1 JAN,jul ?',
    'CRON_TZ=Asia/Shanghai 0 0 4 1 * *',
  ])('may be "%s"', (text) => {
    expect(isTimerExpression(text)).toBe(true);
  });

  it.each([
    ['an interval without a unit', '@every 1'],
    ['an interval in words', '@every 1 minute'],
    ['no interval', '@every 0m'],
    ['another word of cron’s', '@hourly'],
    ['crontab’s five fields', '0 4 * * *'],
    ['seven fields', '0 0 4 * * * 2026'],
    ['an hour that no day has', '0 0 24 * * *'],
    ['a day 0', '0 0 4 0 * *'],
    ['a month that is none', '0 0 4 * MAI *'],
    ['a step of nothing', '0 */0 * * * *'],
    ['an open span', '0 0 4- * * *'],
    ['an empty field', '0  4 * * *'],
    ['a question where none is', '? 0 4 * * *'],
    ['a zone that is none', 'CRON_TZ=Asia/Atlantis 0 0 4 * * *'],
    ['a zone alone', 'CRON_TZ=Asia/Shanghai'],
    ['a zone for an interval', 'CRON_TZ=Asia/Shanghai @every 1m'],
    ['nothing', ''],
  ])('may not be %s: "%s"', (_, text) => {
    expect(isTimerExpression(text)).toBe(false);
  });
});
