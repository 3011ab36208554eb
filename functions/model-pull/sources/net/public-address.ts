import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** What is not the public internet (reference: IANA's registries of special-purpose addresses), clouds' metadata included. */
const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10', // shared by carriers; 100.100.100.200 in it is Alibaba Cloud's metadata
  '127.0.0.0/8',
  '169.254.0.0/16', // 169.254.169.254 in it is the metadata of the other clouds
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** Of what is global unicast: protocols, tunnels that hide another address, documentation. */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const specialV4 = listOf(SPECIAL_V4, 'ipv4');
const specialV6 = listOf(SPECIAL_V6, 'ipv6');
const globalV6 = listOf(['2000::/3'], 'ipv6');
/** Addresses whose last 32 bits are one of IPv4, as mapped and by NAT64. */
const carriesV4 = listOf(['::ffff:0:0/96', '64:ff9b::/96'], 'ipv6');

/** Whether this is the address of a machine on the public internet; false for what is no address. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !specialV4.check(address, 'ipv4');
  if (!isIPv6(address) || address.includes('%')) return false; // a zone exists on links only
  // A list of IPv6 matches mapped IPv4 addresses only by rules for these; so they are taken apart first.
  if (carriesV4.check(address, 'ipv6')) return isPublicAddress(lastV4Of(address));
  return globalV6.check(address, 'ipv6') && !specialV6.check(address, 'ipv6');
}

function lastV4Of(address: string): string {
  const written = /(?:^|:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  if (written) return written[1]!;
  // What URL makes of it is the short form in hex, in which the last two groups may be left out as zeros.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':').slice(-2);
  const [high, low] = groups.map((group) => Number.parseInt(group || '0', 16)) as [number, number];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function listOf(networks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address, bits] = network.split('/') as [string, string];
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}
