import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * The address that a request comes from, or undefined where it cannot be known.
 *
 * Each proxy before us adds the address of its own caller at the end of `x-forwarded-for`; what stands before that anybody
 * may have written. So with one proxy (Function Compute itself) the last entry counts, with an API gateway in front the last but one.
 *
 * @param proxies how many there are; with none, it is the other end of the connection.
 */
export function callerAddress(incoming: IncomingMessage, proxies: number): string | undefined {
  if (proxies === 0) return plain(incoming.socket.remoteAddress);
  const header = incoming.headers['x-forwarded-for'];
  return plain(
    String(header ?? '')
      .split(',')
      .at(-proxies)
      ?.trim(),
  );
}

/** Without the IPv6 clothes of an IPv4 address, without a port, and without a zone, which means nothing elsewhere and which PostgreSQL refuses. */
function plain(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const bare = address
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  return isIP(bare) ? bare : undefined;
}
