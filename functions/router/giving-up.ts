import { GatewayError } from '#shared/errors.ts';

/** The caller is not there any more, so nobody reads this. */
export const callerGone = (what = 'The caller hung up.') => new GatewayError('caller_gone', what);

/** The ledger has closed the call behind our back: whatever it still produced, nobody would pay. */
export const accountLost = () =>
  new GatewayError('gateway_not_ready', 'The gateway lost its account of this call.');
