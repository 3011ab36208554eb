import type { Context } from 'hono';
import { GatewayError } from '#shared/errors.ts';
import { ownLimits } from '#shared/ledger/own-limits.ts';
import { ownReceipt } from '#shared/ledger/own-receipt.ts';
import type { Gateway } from '../gateway.ts';
import type { RouterEnv } from '../router-env.ts';
import { receiptObject } from './receipt-object.ts';
import { usageObject } from './usage-object.ts';

/** `GET /v1/usage`: what is left of the limits of this key and its consumer. */
export const showUsage =
  ({ database }: Gateway) =>
  async (c: Context<RouterEnv>): Promise<Response> =>
    c.json(usageObject(await ownLimits(database, c.var.caller)));

/** `GET /v1/usage/{request id}`: what a call came to. @throws GatewayError `not_found`, also for another consumer's. */
export const showReceipt =
  ({ database }: Gateway) =>
  async (c: Context<RouterEnv>): Promise<Response> => {
    const requestId = c.req.param('id') ?? '';
    const receipt = await ownReceipt(database, c.var.caller.consumerId, requestId);
    if (receipt) return c.json(receiptObject(receipt));
    throw new GatewayError(
      'not_found',
      `The call \`${requestId.slice(0, 100)}\` does not exist or you do not have access to it.`,
    );
  };
