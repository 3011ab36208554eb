import { GatewayError } from '#shared/errors.ts';
import type { Refused } from '#shared/ledger/verdict.ts';
import { noSuchModel } from '../steps/find-model.ts';

/** What a caller is told of a refusal. Of a limit that is not its own, nothing but that there is one. */
export function refusalError(refused: Refused, model: string): GatewayError {
  const retry = refused.retryMs == null ? {} : { retryAfterMs: refused.retryMs };
  switch (refused.reason) {
    case 'key':
      return invalidKey();
    case 'model':
      return noSuchModel(model);
    case 'address':
      return addressRefused();
    case 'quota':
      return new GatewayError('insufficient_quota', quotaGone(refused), { shouldRetry: false });
    case 'rate':
      return new GatewayError(
        refused.metric === 'requests' ? 'rate_limit_requests' : 'rate_limit_tokens',
        `Too many ${refused.metric === 'requests' ? 'requests' : 'tokens'} a minute. Please try again a little later.`,
        retry,
      );
    case 'parallel':
      return new GatewayError(
        'rate_limit_requests',
        'Too many calls at the same time: the limit of concurrency is reached. Please try again when one has ended.',
        { retryAfterMs: 1000, ...retry },
      );
    case 'in_flight':
    case 'again':
      return new GatewayError(
        'quota_in_flight',
        'What is left of the quota is set aside for calls that are still running. Please try again when one has ended.',
        { retryAfterMs: 1000, ...retry },
      );
    case 'closed':
      return new GatewayError(
        'gateway_not_ready',
        'The call was given up before it began. Please try again.',
        {
          retryAfterMs: 1000,
        },
      );
    default:
      return refused.reason satisfies never;
  }
}

/** In the same words whatever is wrong: nobody learns which keys exist. */
export const invalidKey = () =>
  new GatewayError('invalid_api_key', 'The API key is missing, wrong, expired or disabled.');

export const addressRefused = () =>
  new GatewayError('ip_not_allowed', 'The API key may not be used from this address.');

const WINDOWS: Record<string, string> = {
  minute: ' for each minute',
  hour: ' for this hour',
  day: ' for today',
  month: ' for this month',
};

function quotaGone({ own, metric, win = '' }: Refused): string {
  if (!own) return 'The quota of this key is used up, or too small for this request.';
  if (metric === 'parallel') return 'This key may make no calls.';
  const what = metric === 'cost' ? 'budget' : metric;
  return `The limit of ${what}${WINDOWS[win] ?? ''} is used up, or too small for this request.`;
}
