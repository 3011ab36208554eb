/** The connection could not be made: nothing has reached the server. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CONNECT_TIMEOUT',
]);

/** Codes of postgres.js, of Node's sockets, and of a server that goes down or comes up (PostgreSQL, appendix A, class 57P). */
const LOST = new Set([
  ...NEVER_SENT,
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'QUERY_TIMEOUT',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '53300', // too_many_connections
]);

/** True when the error says something about the connection and nothing about the statement. */
export const isConnectionLoss = (error: unknown) => codesOf(error).some((code) => LOST.has(code));

export const neverSent = (error: unknown) => codesOf(error).some((code) => NEVER_SENT.has(code));

/** Drizzle wraps what the driver threw; the code is on the inside. */
function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  return [...own, ...codesOf(error.cause)];
}
