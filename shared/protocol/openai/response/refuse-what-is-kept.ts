import { GatewayError } from '#shared/errors.ts';
import type { ResponseRequest } from './response-request.ts';

const REASONS = {
  previous_response_id: 'Nothing is stored here: send the whole conversation as input.',
  conversation: 'Nothing is stored here: send the whole conversation as input.',
  prompt: 'No prompts are stored here: send the text as instructions or input.',
  background: 'Nothing is stored here, so nothing can be fetched later: background must be false.',
  context_management: 'Input is never compacted: send less of it.',
  moderation: 'Nothing is moderated here.',
} as const satisfies Partial<Record<keyof ResponseRequest, string>>;

/** @throws GatewayError `unsupported_parameter` for the first wish that a service without a memory cannot fulfil. */
export function refuseWhatIsKept(request: ResponseRequest): void {
  for (const [param, reason] of Object.entries(REASONS)) {
    const value = request[param as keyof typeof REASONS];
    if (value == null || value === false || (Array.isArray(value) && value.length === 0)) continue;
    throw new GatewayError('unsupported_parameter', `${param}: ${reason}`, { param });
  }
}
