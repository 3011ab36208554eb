import type { GatewayError } from '#shared/errors.ts';

/** OpenAI's error object; its schema requires all four keys. */
export const errorObject = (error: GatewayError) => ({
  error: { message: error.message, type: error.type, param: error.param, code: error.code },
});
