import { describe, expect, it } from 'vitest';
import { Refusal } from '../refusal.ts';
import { canary, NEW, type Plan, promote, rollback } from './plan.ts';
import type { Present, Release } from './release.ts';

const aPresent = (release?: Release, versions = ['3', '2', '1']): Present => ({
  aliasName: 'prod',
  versions,
  ...(release && { release }),
});
const NOTHING = aPresent(undefined, []);
const STABLE = aPresent({ versionId: '2', before: '1' });
const UNDER_WAY = aPresent({ versionId: '2', canary: { versionId: '3', percent: 10 }, before: '1' });

describe('a canary', () => {
  it.each<[string, Plan, Plan]>([
    [
      'gives a share to what was deployed',
      canary(STABLE, 10),
      { versionId: '2', canary: { versionId: NEW, percent: 10 }, before: '1' },
    ],
    [
      'gives it to a version that there is',
      canary(STABLE, 10, '3'),
      { versionId: '2', canary: { versionId: '3', percent: 10 }, before: '1' },
    ],
    [
      'changes its share when it is named',
      canary(UNDER_WAY, 50, '3'),
      { versionId: '2', canary: { versionId: '3', percent: 50 }, before: '1' },
    ],
  ])('%s', (_, plan, expected) => expect(plan).toEqual(expected));

  it.each<[string, () => Plan, string]>([
    ['no percent', () => canary(STABLE, Number('ten')), 'from 1 to 99'],
    ['0 %', () => canary(STABLE, 0), 'from 1 to 99'],
    ['100 %', () => canary(STABLE, 100), 'from 1 to 99'],
    ['a part of a percent', () => canary(STABLE, 0.5), 'from 1 to 99'],
    ['no alias', () => canary(NOTHING, 10), 'There is no alias prod yet: `npm run promote -- --at-once`'],
    [
      'another under way',
      () => canary(UNDER_WAY, 10),
      'Version 3 is a canary already, with 10 % of the calls.',
    ],
    ['another under way than named', () => canary(UNDER_WAY, 10, '1'), 'Version 3 is a canary already'],
    [
      'a version that there is not',
      () => canary(STABLE, 10, '7'),
      'There is no version 7. There are 3, 2, 1.',
    ],
    ['the version that has all', () => canary(STABLE, 10, '2'), 'Version 2 gets all calls already.'],
  ])('is refused with %s', (_, plan, message) => {
    expect(plan).toThrow(Refusal);
    expect(plan).toThrow(message);
  });
});

describe('a promotion', () => {
  it.each<[string, Plan, Plan]>([
    ['gives all to the canary', promote(UNDER_WAY, { atOnce: false }), { versionId: '3', before: '2' }],
    ['makes the first version', promote(NOTHING, { atOnce: true }), { versionId: NEW }],
    ['does without a canary', promote(STABLE, { atOnce: true }), { versionId: NEW, before: '2' }],
    [
      'does so with a version that there is',
      promote(STABLE, { atOnce: true, wanted: '3' }),
      { versionId: '3', before: '2' },
    ],
  ])('%s', (_, plan, expected) => expect(plan).toEqual(expected));

  it.each<[string, () => Plan, string]>([
    ['without a canary', () => promote(STABLE, { atOnce: false }), 'No canary is under way.'],
    ['at once over a canary', () => promote(UNDER_WAY, { atOnce: true }), 'Version 3 is a canary with 10 %'],
    [
      'of another than the canary',
      () => promote(UNDER_WAY, { atOnce: false, wanted: '1' }),
      'shall be another',
    ],
    ['of what there is not', () => promote(NOTHING, { atOnce: true, wanted: '1' }), 'None is published.'],
    ['of what has all', () => promote(STABLE, { atOnce: true, wanted: '2' }), 'gets all calls already'],
  ])('is refused %s', (_, plan, message) => {
    expect(plan).toThrow(Refusal);
    expect(plan).toThrow(message);
  });
});

describe('a roll-back', () => {
  it.each<[string, Plan, Plan]>([
    ['ends a canary', rollback(UNDER_WAY), { versionId: '2', before: '1' }],
    ['goes to the version before', rollback(STABLE), { versionId: '1', before: '2' }],
    ['goes to the one that is named', rollback(STABLE, '3'), { versionId: '3', before: '2' }],
    ['ends a canary for the one that is named', rollback(UNDER_WAY, '1'), { versionId: '1', before: '2' }],
    [
      'ends a canary where its stable version is named',
      rollback(UNDER_WAY, '2'),
      { versionId: '2', before: '1' },
    ],
  ])('%s', (_, plan, expected) => expect(plan).toEqual(expected));

  it.each<[string, () => Plan, string]>([
    ['without an alias', () => rollback(NOTHING), 'nothing to go back from'],
    ['without a version before', () => rollback(aPresent({ versionId: '1' })), 'names one of 3, 2, 1'],
    [
      'to one that is gone',
      () => rollback(aPresent({ versionId: '9', before: '8' })),
      'There is no version 8.',
    ],
    ['to where it is', () => rollback(STABLE, '2'), 'gets all calls already'],
  ])('is refused %s', (_, plan, message) => {
    expect(plan).toThrow(Refusal);
    expect(plan).toThrow(message);
  });
});
