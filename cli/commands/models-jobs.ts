import { Option } from 'commander';
import type { JobKind, ModelJob } from '#shared/model-jobs/job.ts';
import { actOnStore } from '../act-on-store.ts';
import { readCount } from '../catalog-options.ts';
import { command } from '../group.ts';
import { reading } from '../reading.ts';
import { carryOut } from '../store/carry-out.ts';
import { jobCard, jobTable } from '../store/job-text.ts';
import { runJob } from './models-pull.ts';

const KINDS = ['pull', 'create', 'delete', 'collect', 'mirror'] as const satisfies readonly JobKind[];

interface ListOptions {
  limit?: number;
  before?: string;
  kind?: JobKind;
}

export const listJobsCommand = () =>
  command(
    'pulls',
    'What is being done to the store, and what was; the newest first.',
    'models pulls --kind pull',
  )
    .option('--limit <count>', 'at most so many (50)', reading(readCount))
    .option('--before <id>', 'those that are older than this one')
    .addOption(new Option('--kind <kind>', 'of this kind alone').choices(KINDS))
    .action(
      actOnStore<ListOptions>(async ({ store, options: { limit = 50, before, kind } }) => {
        const filter = { limit, ...(before !== undefined && { before }), ...(kind && { kind }) };
        const { jobs, hasMore } = await store.jobs(filter);
        const notes = hasMore ? [`There are older ones: --before ${jobs.at(-1)?.id}`] : [];
        return { json: { pulls: jobs, has_more: hasMore }, text: jobTable(jobs), notes };
      }),
    );

const ID = ['<id>', 'as models pulls shows it: job_…'] as const;

export const watchJobCommand = () =>
  command(
    'watch',
    'Show how far a job of the store is, until it is over.',
    'models watch job_0198f2c0a1b27c3d8e4f5a6b7c8d9e0f',
  )
    .argument(...ID)
    .action(
      actOnStore<object, [string]>(async ({ store, words: [id], asJson, interrupted }) =>
        carryOut({ store, job: await store.job(id), asJson, interrupted }),
      ),
    );

export const stopJobCommand = () =>
  command(
    'stop',
    'Stop a job. What it has brought is kept for the next.',
    'models stop job_0198f2c0a1b27c3d8e4f5a6b7c8d9e0f',
  )
    .argument(...ID)
    .action(actOnStore<object, [string]>(async ({ store, words: [id] }) => answerOf(await store.stop(id))));

export const retryJobCommand = () =>
  command(
    'retry',
    'Begin a job again that failed or was stopped; what it has brought is not fetched again.',
    'models retry job_0198f2c0a1b27c3d8e4f5a6b7c8d9e0f --detach',
  )
    .argument(...ID)
    .addOption(new Option('--detach', 'ask for it and do not wait').conflicts('sync'))
    .option('--sync', 'run it over this connection, and not apart')
    .action(
      actOnStore<{ detach?: true; sync?: true }, [string]>(async (given) =>
        runJob(given, await given.store.retry(given.words[0])),
      ),
    );

const answerOf = (job: ModelJob) => ({ json: { pull: job }, text: jobCard(job) });
