/** Why something failed, for the person at the terminal. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Drizzle's own message is the statement; what was wrong with it is the cause's.
  if ('query' in error && error.cause !== undefined) return reasonOf(error.cause);
  // A name with several addresses fails with an error that has a code and no message.
  return error.message || String('code' in error ? error.code : error.name);
}
