import { setTimeout as delay } from 'node:timers/promises';
import { asGatewayError, GatewayError } from '#shared/errors.ts';
import { errorFields } from '#shared/log.ts';
import { isOver, type ModelJob, type Taken } from '#shared/model-jobs/job.ts';
import { endJob, findJob, type Outcome, stopJob, takeJob } from '#shared/model-jobs/jobs.ts';
import type { Workplace } from '../depot.ts';
import { work } from './kinds.ts';
import { clocks, Lease, LeaseOver } from './lease.ts';
import { patiently } from './patiently.ts';
import type { StartRun } from './runs.ts';

/** How often is looked whether a job that somebody else works at is free. */
const LOOK_EVERY_MS = 1_000;

/** Works at jobs until they are over, in turn with other instances where these have them. */
export const startRun =
  (depot: Workplace): StartRun =>
  (id) => {
    const ended = new AbortController();
    const end = (cause: 'left' | 'given back') => {
      if (!ended.signal.aborted) ended.abort(new LeaseOver(cause));
    };
    return { done: runJob(depot, id, ended.signal), end };
  };

/** @throws GatewayError `not_found` when there is no such job; never for a job that failed, whose state says so. */
async function runJob(depot: Workplace, id: string, ended: AbortSignal): Promise<ModelJob> {
  for (;;) {
    const lease = ended.aborted ? undefined : await take(depot, id, ended);
    if (lease) await workOnce(depot, lease, ended);
    const job = await settled(depot, id, ended);
    if (ended.aborted || isOver(job)) return job;
    // Somebody else's, or lost a moment ago: its lease ends by itself.
    await delay(LOOK_EVERY_MS, undefined, { signal: ended }).catch(() => {});
  }
}

/** Of one that was taken without our hearing of it, the lease ends by itself. */
const take = ({ database, log, config }: Workplace, id: string, ended: AbortSignal) =>
  patiently(async () => {
    const askedAtMs = clocks();
    const leaseMs = config.JOB_LEASE_MS;
    const taken = await database.write((db) => takeJob(db, id, leaseMs));
    return taken && new Lease(taken, { database, log, leaseMs }, askedAtMs);
  }, ended);

/** The job as it is; one that was to stop when its worker was lost is stopped now. */
async function settled(depot: Workplace, id: string, ended: AbortSignal): Promise<ModelJob> {
  const { database } = depot;
  const job = await patiently(() => database.read((db) => findJob(db, id)), ended);
  if (!job) throw new GatewayError('not_found', `There is no job \`${id.slice(0, 100)}\`.`);
  if (!job.stopRequested || job.state.status !== 'interrupted') return job;
  const stopped = await patiently(() => database.read((db) => stopJob(db, id)), ended);
  return stopped ?? settled(depot, id, ended);
}

async function workOnce(depot: Workplace, lease: Lease, ended: AbortSignal): Promise<void> {
  const end = () => lease.end((ended.reason as LeaseOver).end);
  ended.addEventListener('abort', end, { once: true });
  if (ended.aborted) end();
  const startedAtMs = performance.now();
  let outcome: Outcome | undefined;
  try {
    const job = await patiently(() => depot.database.read((db) => findJob(db, lease.taken.id)), lease.signal);
    outcome = { status: 'ready', ...(await work(depot, job!, lease)) };
    await lease.reportSurely(); // the last word on how far it came
  } catch (error) {
    outcome = outcomeOf(depot, lease, error);
  } finally {
    ended.removeEventListener('abort', end);
    await lease.close();
  }
  depot.log.info('job', {
    job: lease.taken.id,
    status: outcome?.status ?? 'lost',
    totalMs: Math.round(performance.now() - startedAtMs),
  });
  if (outcome) await tellEnd(depot, lease.taken, outcome);
}

/** @returns undefined where the job is not ours to end. */
function outcomeOf({ log }: Workplace, lease: Lease, thrown: unknown): Outcome | undefined {
  const over = lease.signal.aborted ? (lease.signal.reason as LeaseOver) : undefined;
  if (over) return OUTCOMES[over.end];
  const { failure, message } = asGatewayError(thrown);
  log.error('job', { job: lease.taken.id, ...errorFields(thrown) });
  return { status: 'failed', failure, reason: writable(message) };
}

/** A registry's word may be in it, and with that a NUL, which the database refuses: the job would begin anew for ever. */
const writable = (text: string) => text.replaceAll(/\p{Cc}+/gu, ' ').toWellFormed();

const OUTCOMES = {
  stopped: { status: 'stopped' },
  /** Whoever waited for it has left. */
  left: { status: 'stopped' },
  'given back': { status: 'queued' },
  lost: undefined,
} as const satisfies Record<LeaseOver['end'], Outcome | undefined>;

/** Where it cannot be told, the lease ends by itself, and whoever comes next finds most of the work done. */
async function tellEnd({ database, log }: Workplace, taken: Taken, outcome: Outcome): Promise<void> {
  try {
    await database.read((db) => endJob(db, taken, outcome));
  } catch (error) {
    log.error('job end', errorFields(error));
  }
}
