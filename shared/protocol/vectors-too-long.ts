import { GatewayError } from '#shared/errors.ts';

/**
 * Why the vectors of so many texts are not passed on. Of several it is for the caller to send fewer; were it the
 * upstream's failure, it would be asked again in vain, and rest for the calls of all others.
 */
export const vectorsTooLong = (texts: number): GatewayError =>
  texts > 1
    ? new GatewayError(
        'invalid_request',
        `The vectors of ${texts} texts are too long for one answer: send fewer at once.`,
        { param: 'input' },
      )
    : new GatewayError('upstream_error', 'The model sent a vector that is too long.');
