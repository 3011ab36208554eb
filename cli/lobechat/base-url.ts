import { Refusal } from '#shared/tenancy/refusal.ts';

/** Where nobody listens on the way: this machine, and names and addresses of a network of one's own. */
const NEAR =
  /^(localhost|host\.docker\.internal|[a-z0-9-]+|127\.[\d.]+|10\.[\d.]+|192\.168\.[\d.]+|172\.(1[6-9]|2\d|3[01])\.[\d.]+|\[::1\])$/;

/** The address under which LobeChat finds the surface of OpenAI. @throws Refusal */
export function readBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw refusal('must be an https:// address');
  if (`${url.username}${url.password}${url.search}${url.hash}` !== '')
    throw refusal('must be scheme, host and port alone, or with /v1 after them');
  if (!/^\/(v1\/?)?$/.test(url.pathname)) throw refusal('must have no path, or /v1');
  if (url.protocol === 'http:' && !NEAR.test(url.hostname))
    throw refusal('must be https:// where others could listen: the key is sent along');
  return `${url.origin}/v1`;
}

const refusal = (problem: string) => new Refusal('invalid', problem);
