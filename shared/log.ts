const LINE_LIMIT_BYTES = 32 * 1024; // FC cuts longer lines (reference: fc-docs 04/091)

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
export function errorFields(error: unknown): object {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: errorFields(error.cause) };
  return { error: error.name, message: error.message, ...code, stack: error.stack, ...cause };
}

function line(fields: object): string {
  const text = JSON.stringify(fields);
  if (Buffer.byteLength(text) <= LINE_LIMIT_BYTES) return text;
  return JSON.stringify({ ...fields, message: undefined, stack: undefined, cause: undefined, cut: true });
}

/** The last guard, behind never logging one in the first place: what looks like a key does not leave. */
const scrub = (text: string) => text.replaceAll(/sk-[A-Za-z0-9_-]{12,}/g, 'sk-…');

function toStdout(text: string): void {
  process.stdout.write(text);
}
