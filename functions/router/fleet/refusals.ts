import type { Model } from '#shared/catalog/catalog.ts';
import { GatewayError } from '#shared/errors.ts';

const COME_BACK_MS = 10_000;

export const notServed = (model: Model, restsMs: number) =>
  new GatewayError('server_overloaded', `The model \`${model.name}\` is not served at the moment.`, {
    param: 'model',
    retryAfterMs: Number.isFinite(restsMs) && restsMs > 0 ? Math.ceil(restsMs) : COME_BACK_MS,
  });

export const allBusy = (model: Model, waitedMs: number) =>
  new GatewayError('server_overloaded', `All places at the model \`${model.name}\` are taken.`, {
    param: 'model',
    retryAfterMs: Math.max(1_000, Math.min(waitedMs, COME_BACK_MS)),
  });
