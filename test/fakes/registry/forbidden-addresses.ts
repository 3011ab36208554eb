/** Where no registry may send its clients by a redirect, each for a reason of its own. */
export const FORBIDDEN_ADDRESSES = {
  'another port of loopback': 'http://127.0.0.1:1/blob',
  'loopback by name': 'http://localhost:1/blob',
  'loopback in IPv6': 'http://[::1]:1/blob',
  'loopback in IPv6 clothes': 'http://[::ffff:127.0.0.1]:1/blob',
  'loopback as one number': 'http://2130706433:1/blob',
  'any address': 'http://0.0.0.0:1/blob',
  'a private network': 'http://10.0.0.7/blob',
  'a home network': 'http://192.168.1.1/blob',
  'a private network of the middle': 'http://172.16.0.1/blob',
  'the metadata service': 'http://169.254.169.254/latest/meta-data/',
  "Alibaba Cloud's metadata service": 'http://100.100.100.200/latest/meta-data/',
  'a private network in IPv6': 'http://[fd00::1]/blob',
  'a link in IPv6': 'http://[fe80::1]/blob',
  'a file': 'file:///etc/passwd',
  'another protocol': 'ftp://example.com/blob',
  'bytes in the address': 'data:,blob',
  'plain http': 'http://example.com/blob',
  'a name and a password': 'https://user:password@example.com/blob',
} as const;

/** Where no challenge of a registry on loopback may send a client for a token. */
export const WRONG_REALMS = {
  ...FORBIDDEN_ADDRESSES,
  'a foreign host': 'https://example.com/token',
  'no address': 'token please',
  nothing: '',
} as const;
