import * as z from 'zod';
import type { ModelJob } from '../model-jobs/job.ts';

const Bytes = z.number().min(0);

const done = {
  phase: z.string().nullable(),
  layers: z.array(z.object({ digest: z.string(), total: Bytes, completed: Bytes })),
  completedBytes: Bytes,
  totalBytes: Bytes,
};
const ended = { ...done, endedAt: z.string() };

/** A job as model-pull tells it. */
export const ModelJobSchema: z.ZodType<ModelJob> = z.object({
  id: z.string(),
  kind: z.enum(['pull', 'create', 'delete', 'collect', 'mirror']),
  model: z.string(),
  request: z.unknown(),
  requestedBy: z.string(),
  attempt: z.number(),
  stopRequested: z.boolean(),
  result: z.unknown(),
  createdAt: z.string(),
  updatedAt: z.string(),
  state: z.discriminatedUnion('status', [
    z.object({ status: z.literal('queued') }),
    z.object({ status: z.literal('running'), ...done }),
    z.object({ status: z.literal('interrupted'), ...done }),
    z.object({ status: z.literal('ready'), manifestDigest: z.string().nullable(), ...ended }),
    z.object({ status: z.literal('failed'), failure: z.string(), reason: z.string(), ...ended }),
    z.object({ status: z.literal('stopped'), ...ended }),
  ]),
});

export const OneJob = z.object({ pull: ModelJobSchema });
export const SomeJobs = z.object({ pulls: z.array(ModelJobSchema), has_more: z.boolean() });
