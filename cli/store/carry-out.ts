import type { ModelJob } from '#shared/model-jobs/job.ts';
import { followJob } from '#shared/model-store-client/follow-job.ts';
import type { ModelStoreClient } from '#shared/model-store-client/model-store-client.ts';
import type { Answer } from '../act.ts';
import { PROGRAM } from '../group.ts';
import { jobCard, jobLine, modelOf } from './job-text.ts';
import { progressFor } from './progress.ts';
import { Runner, type Way } from './runner.ts';

interface Order {
  store: ModelStoreClient;
  job: ModelJob;
  /** Absent: it is only watched. */
  way?: Way;
  asJson: boolean;
  /** Ends the watching, and not the job where that can go on. */
  interrupted: AbortSignal;
}

/**
 * Has a job run and shows how far it is until it is over, wherever it is run.
 *
 * @throws GatewayError when it cannot be run, or not be followed any more.
 */
export async function carryOut({ store, job, way, asJson, interrupted }: Order): Promise<Answer> {
  const runner = way && new Runner(store, way);
  const progress = progressFor(asJson);
  const signal = runner ? AbortSignal.any([interrupted, runner.failed]) : interrupted;
  let last = job;
  try {
    runner?.see(job);
    for await (const state of followJob(store, job.id, { signal })) {
      last = state;
      progress.show(state);
      runner?.see(state);
    }
  } finally {
    progress.end();
    runner?.end();
  }
  if (runner?.failed.aborted) throw runner.failed.reason;
  return interrupted.aborted ? leftAnswer(last, runner?.goesOn ?? true) : endAnswer(last);
}

/** Of a job that is over. */
export function endAnswer(job: ModelJob): Answer {
  const failed = job.state.status !== 'ready';
  return {
    json: { pull: job },
    text: failed ? '' : jobCard(job),
    notes: failed ? [jobLine(job)] : [],
    failed,
  };
}

/** Of a job that was left while it is not over: how to come back to it. */
function leftAnswer(job: ModelJob, goesOn: boolean): Answer {
  const { id, kind } = job;
  const again = kind === 'mirror' ? 'mirror' : 'pull';
  const notes = goesOn
    ? [
        `It goes on. Watch it with: ${PROGRAM} models watch ${id}`,
        `Stop it with: ${PROGRAM} models stop ${id}`,
      ]
    : [
        `It went over this connection and has ended with it. What has come is kept; go on with: ${PROGRAM} models ${again} ${modelOf(job)}`,
      ];
  return { json: { pull: job }, text: '', notes, failed: true };
}
