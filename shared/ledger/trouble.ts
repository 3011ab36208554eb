import { isConnectionLoss } from '#shared/db/connection-loss.ts';
import { GatewayError } from '#shared/errors.ts';

/** `passing`: ask again. `locked`: somebody keeps a tenant's rows. `data`: a call that cannot be read. */
export type Trouble = 'passing' | 'locked' | 'data';

const DEADLOCK_OR_SERIALISATION = new Set(['40P01', '40001']);
const LOCK_OR_STATEMENT_TIMEOUT = new Set(['55P03', '57014']);

/** What a failed batch failed for (codes: PostgreSQL, appendix A). */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof GatewayError || isConnectionLoss(error)) return 'passing';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (DEADLOCK_OR_SERIALISATION.has(code)) return 'passing';
  return LOCK_OR_STATEMENT_TIMEOUT.has(code) ? 'locked' : 'data';
}
