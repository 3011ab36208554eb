import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { callerAddress } from './caller-address.ts';

function aRequest(forwardedFor: string | undefined, remoteAddress = '100.64.0.1'): IncomingMessage {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
  const incoming = new IncomingMessage(socket);
  if (forwardedFor !== undefined) incoming.headers['x-forwarded-for'] = forwardedFor;
  return incoming;
}

describe('the address of a caller', () => {
  it.each([
    ['203.0.113.9', 1, '203.0.113.9'],
    ['10.0.0.1, 203.0.113.9', 1, '203.0.113.9'], // what stands before it anybody may have written
    ['203.0.113.9, 100.117.33.12', 2, '203.0.113.9'], // an API gateway in front, whose own address FC adds
    ['10.0.0.1, 203.0.113.9, 100.117.33.12', 2, '203.0.113.9'],
    ['2001:db8::7', 1, '2001:db8::7'],
    [' 203.0.113.9 ', 1, '203.0.113.9'],
    ['10.0.0.1,203.0.113.9', 1, '203.0.113.9'],
    ['203.0.113.9:51234', 1, '203.0.113.9'],
    ['::ffff:203.0.113.9', 1, '203.0.113.9'],
    ['::FFFF:203.0.113.9', 1, '203.0.113.9'],
  ])('in "%s" behind %i is %s', (header, proxies, address) => {
    expect(callerAddress(aRequest(header), proxies)).toBe(address);
  });

  it.each([
    ['', 1],
    ['unknown', 1],
    ['203.0.113.9, unknown', 1],
    ['203.0.113.9,', 1],
    ['203.0.113.9', 2], // fewer entries than proxies: one of them was gone round
    ['203.0.113.999', 1],
    ['_hidden', 1],
    [undefined, 1],
  ])('in "%s" behind %i cannot be known', (header, proxies) => {
    expect(callerAddress(aRequest(header), proxies)).toBeUndefined();
  });

  it('has no zone, which is of another machine', () => {
    expect(callerAddress(aRequest('fe80::1%eth0'), 1) ?? '').not.toContain('%');
  });

  it('without proxies is the other end of the connection, whatever a header says', () => {
    expect(callerAddress(aRequest('10.0.0.1', '192.0.2.7'), 0)).toBe('192.0.2.7');
    expect(callerAddress(aRequest('10.0.0.1', '::ffff:192.0.2.7'), 0)).toBe('192.0.2.7');
    expect(callerAddress(aRequest(undefined, 'fe80::1'), 0)).toBe('fe80::1');
  });
});
