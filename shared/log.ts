const LINE_LIMIT_BYTES = 32 * 1024; // FC cuts longer lines (reference: fc-docs 04/091)
const FIELD_LIMIT_BYTES = 1024; // what a field may keep in a line that is too long

export interface Log {
  info(event: string, fields?: object): void;
  error(event: string, fields?: object): void;
}

/** Writes one JSON line an event to standard output, where FC collects it. */
export function createLog(functionName: string, write: (line: string) => void = toStdout): Log {
  const at =
    (level: string) =>
    (event: string, fields: object = {}) =>
      write(
        `${scrub(line({ time: new Date().toISOString(), level, function: functionName, event, ...fields }))}\n`,
      );
  return { info: at('info'), error: at('error') };
}

/** What of an error is ours to keep: no field that could carry a caller's words or a row's values. */
export function errorFields(error: unknown, depth = 5): object {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause =
    error.cause === undefined || depth === 0 ? {} : { cause: errorFields(error.cause, depth - 1) };
  return { error: error.name, ...wordsOf(error), ...code, ...cause };
}

/** Drizzle's message is the whole statement with its values; its cause says what was wrong. */
function wordsOf(error: Error): object {
  if (!('query' in error && 'params' in error)) return { message: error.message, stack: error.stack };
  const frames = error.stack?.slice(error.stack.lastIndexOf(error.message) + error.message.length).trim();
  return { message: 'A statement failed.', stack: frames };
}

function line(fields: object): string {
  const text = JSON.stringify(fields);
  if (Buffer.byteLength(text) <= LINE_LIMIT_BYTES) return text;
  const short = Object.entries(fields).filter(([, value]) => sizeOf(value) <= FIELD_LIMIT_BYTES);
  return JSON.stringify({ ...Object.fromEntries(short), cut: true });
}

const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? '');

/** The last guard, behind never logging one in the first place: what looks like a key does not leave. */
const scrub = (text: string) => text.replaceAll(/sk-[A-Za-z0-9_-]{12,}/g, 'sk-…');

/** At once, not gathered: FC may freeze or end this process as soon as the caller has its answer. */
function toStdout(text: string): void {
  process.stdout.write(text);
}
