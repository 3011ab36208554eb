import type { InstanceLine } from '../fc/settings.ts';

/** A function's log line as a person reads it; what is no line of ours is shown as it came. */
export function functionLogLine({ functionName, line }: InstanceLine): string {
  const entry = parse(line);
  if (!entry) return `${functionName}: ${line}\n`;
  const { time, event, method, path, status, model, totalMs, failure, message } = entry;
  const clock = String(time).slice(11, 19);
  if (event !== 'request') return `${clock} ${functionName} ${event} ${message ?? ''}\n`;
  const parts = [clock, functionName, method, path, status, model, `${totalMs} ms`, failure];
  return `${parts.filter((part) => part !== undefined).join(' ')}\n`;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
