import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../refusal.ts';
import { canary, NEW, type Plan, promote, rollback } from './plan.ts';
import type { Present, Release } from './release.ts';

const NOTHING: Present = { aliasName: 'prod', versions: [] };

/** As FC would have it after the plan was carried out. */
function carriedOut(present: Present, plan: Plan): Present {
  const isNew = [plan.versionId, plan.canary?.versionId].includes(NEW);
  const id = String(present.versions.length + 1);
  const release = JSON.parse(JSON.stringify(plan).replaceAll(`"${NEW}"`, `"${id}"`)) as Release;
  return { ...present, release, versions: isNew ? [id, ...present.versions] : present.versions };
}

describe('any sequence of canaries, promotions and roll-backs', () => {
  type Step = (now: Present) => Plan;
  const forward = fc.oneof(
    fc.integer({ min: 1, max: 99 }).map(
      (percent): Step =>
        (now) =>
          canary(now, percent),
    ),
    fc.boolean().map(
      (atOnce): Step =>
        (now) =>
          promote(now, { atOnce }),
    ),
  );
  const back: Step = (now) => rollback(now);

  it('splits calls between versions that there are, and a step forward can be taken back', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(forward, fc.constant(back)), { maxLength: 30 }), (steps) => {
        let now = carriedOut(NOTHING, promote(NOTHING, { atOnce: true }));
        for (const step of steps) {
          const plan = planned(() => step(now));
          if (!plan) continue;
          const then = carriedOut(now, plan);
          const { versionId, canary: split } = then.release!;
          expect(then.versions).toContain(versionId);
          if (split) expect(then.versions.filter((id) => id !== versionId)).toContain(split.versionId);
          if (step !== back) expect(rollback(then).versionId).toBe(now.release!.versionId);
          now = then;
        }
      }),
    );
  });
});

function planned(make: () => Plan): Plan | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
