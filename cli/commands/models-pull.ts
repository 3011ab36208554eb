import { Option } from 'commander';
import type { ModelJob } from '#shared/model-jobs/job.ts';
import type { Answer } from '../act.ts';
import { actOnStore, type GivenStore } from '../act-on-store.ts';
import { UsageError } from '../failure.ts';
import { command, PROGRAM } from '../group.ts';
import { type AdditionOptions, additionsIn, withAdditionOptions } from '../store/addition-options.ts';
import { carryOut, endAnswer } from '../store/carry-out.ts';
import { jobCard } from '../store/job-text.ts';

interface RunOptions {
  detach?: true;
  sync?: true;
}

interface Options extends RunOptions, AdditionOptions {
  source?: string;
}

export const pullModelCommand = () =>
  withRunOptions(
    withAdditionOptions(
      command(
        'pull',
        'Bring a model onto the store, and show how far it is. What had come before is not fetched again.',
        'models pull qwen3:8b --detach',
      )
        .argument('<name>', 'as Ollama names it: qwen3:8b, hf.co/…, modelscope.cn/…')
        .option(
          '--source <source>',
          'registry, mirror, or a plain GGUF: oss://bucket/key (as model-pull is set up)',
        ),
    ),
  ).action(
    actOnStore<Options, [string]>(async (given) => {
      const { store, words, options } = given;
      const { source } = options;
      const [model] = words;
      const wish = { model, ...(await additionsIn(options)), ...(source !== undefined && { source }) };
      return runJob(given, await store.openPull(wish));
    }),
  );

export const mirrorModelCommand = () =>
  withRunOptions(
    command(
      'mirror',
      'Copy a model of the store into object storage, from where pulls with --source mirror take it.',
      'models mirror qwen3:8b',
    ).argument('<name>'),
  ).action(
    actOnStore<RunOptions, [string]>(async (given) => {
      const [model] = given.words;
      return runJob(given, await given.store.openMirror(model));
    }),
  );

const withRunOptions = (made: ReturnType<typeof command>) =>
  made
    .addOption(new Option('--detach', 'ask for it and do not wait').conflicts('sync'))
    .option('--sync', 'run it over this connection, and not apart');

/** Has a job run as was asked: waiting for it, or not. */
export async function runJob(
  { store, options, asJson, interrupted }: GivenStore<RunOptions, unknown>,
  job: ModelJob,
): Promise<Answer> {
  if (options.detach && options.sync) throw new UsageError('Give --detach or --sync, not both.');
  if (!options.detach)
    return carryOut({ store, job, way: options.sync ? 'here' : 'apart', asJson, interrupted });
  const isIdle = job.state.status === 'queued' || job.state.status === 'interrupted';
  const asked = isIdle ? await store.runApart(job, interrupted) : ({ kind: 'accepted' } as const);
  if (asked.kind === 'over') return endAnswer(asked.job);
  return {
    json: { pull: job },
    text: jobCard(job),
    notes: [`Watch it with: ${PROGRAM} models watch ${job.id}`],
  };
}
