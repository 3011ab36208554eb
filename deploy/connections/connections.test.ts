import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exampleEnvironment, fileOf } from '../../test/deploy/example-environment.ts';
import type { Profile } from '../environment/profiles.ts';
import { Refusal } from '../refusal.ts';
import { holdRoom, shareOf, tellRoom } from './room.ts';
import { sumOf, usesIn } from './uses.ts';

const ELSEWHERE = 'postgres://l:p@elsewhere.example.com:5432/lobechat';

describe('what the functions may have of a database', () => {
  it.each<[string, Profile, Record<string, string>, string]>([
    ['a small bundle', 'small', { LOBECHAT: 'none' }, 'router 16 × 3, console 1 × 3'],
    ['more routers', 'small', { LOBECHAT: 'none', ROUTER_INSTANCES: '200' }, 'router 200 × 3, console 1 × 3'],
    ['what only GPUs need', 'gpus', { LOBECHAT: 'none' }, 'model-pull 2 × 3, router 16 × 3, console 1 × 3'],
    ['LobeChat', 'small', {}, 'router 16 × 3, console 1 × 3, lobechat 2 × 10'],
    ['LobeChat elsewhere', 'small', { LOBECHAT_DATABASE_URL: ELSEWHERE }, 'router 16 × 3, console 1 × 3'],
  ])('is counted for %s', async (_, profile, more, listed) => {
    const uses = await usesIn(fileOf(profile), { ...exampleEnvironment(profile), ...more });
    const counted = uses.map(({ name, instances, each }) => `${name} ${instances} × ${each}`);
    expect(counted.toSorted()).toEqual(listed.split(', ').toSorted());
  });
});

const uses = [
  { name: 'router', instances: 16, each: 3 },
  { name: 'lobechat', instances: 2, each: 10 },
];

describe('the room in a database', () => {
  it('is four fifths of its connections, and never what it keeps for its administrators', () => {
    expect(shareOf({ most: 100, reserved: 3 })).toBe(80);
    expect(shareOf({ most: 44, reserved: 3 })).toBe(35);
    expect(shareOf({ most: 20, reserved: 13 })).toBe(7);
  });

  it('is enough, or the deploy is refused with what would be', () => {
    expect(holdRoom(uses, 68)).toBe('The functions may have 68 of its connections, and open at most 68.');
    expect(() => holdRoom(uses, 67)).toThrow(Refusal);
    expect(() => holdRoom(uses, 67)).toThrow(
      'the functions could open 68 connections (router 16 × 3, lobechat 2 × 10) and may have 67. Lower ROUTER_INSTANCES',
    );
  });

  it('is told before anybody has asked the database: so much, and no less, will do', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 20 }), (instances, each) => {
        const some = [{ name: 'router', instances, each }];
        const [, told] = tellRoom(some).match(/max_connections of (\d+) or more/)!;
        expect(shareOf({ most: Number(told), reserved: 0 })).toBeGreaterThanOrEqual(sumOf(some));
        expect(shareOf({ most: Number(told) - 1, reserved: 0 })).toBeLessThan(sumOf(some));
      }),
    );
  });
});
