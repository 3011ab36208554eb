import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import * as z from 'zod';
import { endWithin } from '#shared/http/end-within.ts';
import { findJob, listJobs } from '#shared/model-jobs/jobs.ts';
import { SSE_HEADERS } from '#shared/protocol/openai/sse-headers.ts';
import { parseFields } from '#shared/protocol/parse-fields.ts';
import type { Depot } from '../../depot.ts';
import type { DepotEnv } from '../../depot-env.ts';
import { untilRead } from '../until-read.ts';
import { noSuchJob, watchJob } from '../watch-job.ts';

const KINDS = ['pull', 'create', 'delete', 'collect', 'mirror'] as const;

const ListQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.string().max(100).optional(),
  kind: z.enum(KINDS).optional(),
});

/** `GET /pulls`: the newest first; `before` is the last id of the page before. */
export const listPulls =
  ({ database }: Depot) =>
  async (c: Context<DepotEnv>): Promise<Response> => {
    const { limit, before, kind } = parseFields(ListQuery, c.req.query());
    const kinds = kind ? [kind] : KINDS;
    const jobs = await database.read((db) =>
      listJobs(db, { limit: limit + 1, kinds, ...(before !== undefined && { before }) }),
    );
    return c.json({ pulls: jobs.slice(0, limit), has_more: jobs.length > limit });
  };

/** `GET /pulls/{id}`: the job as it is, or as it changes for whoever accepts an event stream. */
export const showPull =
  (depot: Depot) =>
  async (c: Context<DepotEnv>): Promise<Response> => {
    const id = c.req.param('id') ?? '';
    const job = await depot.database.read((db) => findJob(db, id));
    if (!job) throw noSuchJob(id);
    if (!/\btext\/event-stream\b/.test(c.req.header('accept') ?? '')) return c.json({ pull: job });
    await streamEvents(depot, c, id);
    return RESPONSE_ALREADY_SENT;
  };

const SIGN_OF_LIFE_MS = 9_000;

async function streamEvents(depot: Depot, c: Context<DepotEnv>, id: string): Promise<void> {
  const { outgoing, hungUp } = c.env;
  outgoing.writeHead(200, SSE_HEADERS);
  const alive = setInterval(() => outgoing.writableNeedDrain || outgoing.write(': \n'), SIGN_OF_LIFE_MS);
  try {
    for await (const job of watchJob(depot, id, hungUp)) {
      const isRead = outgoing.write(`event: progress\ndata: ${JSON.stringify(job)}\n\n`);
      if (!isRead) await untilRead(outgoing, hungUp, depot.config.CALLER_READ_TIMEOUT_MS);
    }
  } finally {
    clearInterval(alive);
  }
  endWithin(outgoing, 'event: end\ndata: {}\n\n', depot.config.CALLER_READ_TIMEOUT_MS);
}
