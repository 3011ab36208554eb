import { OllamaError } from './errors.ts';

/** Reads `keep_alive`: seconds, or a Go duration; negative is for ever; undefined leaves it to the server. */
export function readKeepAliveMs(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return value < 0 ? Number.POSITIVE_INFINITY : value * 1000;
  if (typeof value !== 'string') throw new OllamaError(400, `Unsupported type: '${typeof value}'`);
  const ms = parseGoDurationMs(value);
  return ms < 0 ? Number.POSITIVE_INFINITY : ms;
}

const UNIT_MS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

function parseGoDurationMs(text: string): number {
  const unsigned = text.replace(/^[-+]/, '');
  if (unsigned === '0') return 0;
  if (/^[\d.]+$/.test(unsigned)) throw new OllamaError(400, `time: missing unit in duration "${text}"`);
  const parts = [...unsigned.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== unsigned) {
    throw new OllamaError(400, `time: invalid duration "${text}"`);
  }
  const ms = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNIT_MS[unit!]!, 0);
  return text.startsWith('-') ? -ms : ms;
}
