/** Whether FC can read when a timer is to fire: `@every 1m`, `0 0 4 * * *`, `CRON_TZ=Asia/Shanghai 0 0 4 1 * *`. */
export function isTimerExpression(text: string): boolean {
  if (text.startsWith('@')) return /^@every [1-9]\d*[smh]$/.test(text);
  const [, zone = 'UTC', cron = text] = text.match(/^CRON_TZ=(\S+) (.*)$/) ?? [];
  const parts = cron.split(' ');
  return (
    isZone(zone) &&
    parts.length === FIELDS.length &&
    FIELDS.every((field, index) => isField(parts[index]!, field))
  );
}

interface Field {
  least: number;
  most: number;
  names?: readonly string[];
  /** Whether `?` may stand for "the other of the two days says it". */
  isDay?: true;
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const DAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');

/** Unlike crontab's they begin with seconds (reference: help.aliyun.com/document_detail/171746.html). */
const FIELDS: readonly Field[] = [
  { least: 0, most: 59 },
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31, isDay: true },
  { least: 1, most: 12, names: MONTHS },
  { least: 0, most: 7, names: DAYS, isDay: true },
];

function isField(text: string, field: Field): boolean {
  if (text === '?') return field.isDay === true;
  return text.split(',').every((item) => {
    const [, span = '', step = '1'] = item.match(/^([^/]+)(?:\/(\d+))?$/) ?? [];
    const ends = span.split('-');
    return (
      Number(step) > 0 && (span === '*' || (ends.length <= 2 && ends.every((end) => isValue(end, field))))
    );
  });
}

function isValue(text: string, { least, most, names = [] }: Field): boolean {
  const isNumber = /^\d{1,2}$/.test(text) && Number(text) >= least && Number(text) <= most;
  return isNumber || names.includes(text.toUpperCase());
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
