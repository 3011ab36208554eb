import type { InstanceLine } from '../fc/settings.ts';

/** A function's log line as a person reads it, or nothing where it is of no use; what is no line of ours is shown as it came. */
export function functionLogLine({ functionName, line }: InstanceLine): string {
  const entry = parse(line);
  if (!entry) return `${functionName}: ${line}\n`;
  if (isLifecycle(entry)) return '';
  const { time, event, method, path, status, model, totalMs, hungUp, failure, failureDetail, triggerName } =
    entry;
  const clock = String(time).slice(11, 19);
  const parts =
    event === 'request'
      ? [
          clock,
          functionName,
          method,
          path,
          status,
          model,
          `${totalMs} ms`,
          hungUp && 'hung up',
          failure,
          reasonIn(failureDetail),
        ]
      : [clock, functionName, event, triggerName, reasonIn(entry)];
  const text = parts.filter((part) => part !== undefined && part !== '').join(' ');
  // Models and reasons are others' words, which may hold what a terminal takes for commands.
  return `${text.replaceAll(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trimEnd()}\n`;
}

/** What a line says of a timer's run, if it is such a line; without a failure the run went well. */
export function timerRunIn({ line }: InstanceLine): { triggerName: string; failure?: string } | undefined {
  const entry = line.includes('"timer"') ? parse(line) : undefined;
  if (entry?.event !== 'timer') return undefined;
  const triggerName = String(entry.triggerName);
  if (entry.level !== 'error') return { triggerName };
  return { triggerName, failure: reasonIn(entry) ?? 'unknown' };
}

/** What happens with every instance and says nothing of a call. */
function isLifecycle({ event, path, status, failure }: Entry): boolean {
  if (event === 'listening' || event === 'draining') return true;
  const isControl = path === '/initialize' || path === '/pre-stop';
  return event === 'request' && isControl && status === 200 && failure === undefined;
}

/** The innermost words of an error and its causes: nearest to what went wrong. */
function reasonIn(detail: unknown): string | undefined {
  if (!isEntry(detail)) return undefined;
  const { message, code, cause } = detail;
  const own = [message, code].find((words) => typeof words === 'string' && words !== '');
  return reasonIn(cause) ?? (own as string | undefined);
}

type Entry = Record<string, unknown>;
const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null;

function parse(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
