import type { JobKind, ModelJob } from '#shared/model-jobs/job.ts';
import type { Workplace } from '../depot.ts';
import { collectGarbage } from '../work/collect-garbage.ts';
import { createModel } from '../work/create-model.ts';
import { deleteModel } from '../work/delete-model.ts';
import { mirrorModel } from '../work/mirror-model.ts';
import { pullModel } from '../work/pull-model.ts';
import type { Lease } from './lease.ts';

/** What came of a job that was done. */
export interface Done {
  /** Of the manifest that it wrote. */
  manifestDigest: string | null;
  /** What whoever asked shall see of it besides. */
  result: object | null;
}

/** Does what a job asks for, as often as it takes: each finds what the one before it left. */
export type Work = (depot: Workplace, job: ModelJob, lease: Lease) => Promise<Done>;

const KINDS = {
  pull: pullModel,
  create: createModel,
  delete: deleteModel,
  collect: collectGarbage,
  mirror: mirrorModel,
} satisfies Record<JobKind, Work>;

export const work: Work = (depot, job, lease) => KINDS[job.kind](depot, job, lease);
