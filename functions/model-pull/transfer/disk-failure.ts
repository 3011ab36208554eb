import { GatewayError } from '#shared/errors.ts';

/** No room, also by a quota, as NAS says it. */
const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** What a failed write means: a full disk is told to callers as one, anything else is ours to find. */
export function diskFailure(error: unknown): unknown {
  if (!FULL.has((error as NodeJS.ErrnoException | undefined)?.code ?? '')) return error;
  return new GatewayError('gateway_not_ready', 'The model cannot be stored: disk full.', { cause: error });
}
