import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { GatewayError } from '#shared/errors.ts';
import { isPublicAddress } from './public-address.ts';

/** How a name is looked up; in tests not by the network. */
export type Resolve = (
  host: string,
  tell: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const system: Resolve = (host, tell) => lookup(host, { all: true }, tell);

/**
 * The look-up of a connection that may only go to the public internet. The connection is made to what is checked here,
 * so a name that changes its address in between gains nothing. A name with one address inside is refused as a whole.
 */
export function publicLookup(resolve: Resolve = system): LookupFunction {
  return (host, options, tell) => {
    resolve(host, (error, addresses) => {
      if (error) return tell(error, []);
      if (addresses.length === 0 || !addresses.every(({ address }) => isPublicAddress(address)))
        return tell(notPublic(host), []);
      if (options.all) return tell(null, addresses);
      const family = Number(options.family) || addresses[0]!.family;
      const { address } = addresses.find((each) => each.family === family) ?? addresses[0]!;
      tell(null, address, family);
    });
  };
}

/** @returns the refusal; it is the same the next time. */
export const notPublic = (host: string): Error =>
  new GatewayError('upstream_error', `The address of ${host} is not on the public internet.`, {
    shouldRetry: false,
  });
