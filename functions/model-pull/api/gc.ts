import type { Context } from 'hono';
import * as z from 'zod';
import type { Depot } from '../depot.ts';
import type { DepotEnv } from '../depot-env.ts';
import { assertReady } from './assert-ready.ts';
import { openWriter } from './open-writer.ts';
import { readRequest } from './read-request.ts';

const GcRequest = z.strictObject({
  dry_run: z.boolean().default(false),
  /** Shorter than the setting only where no instance can have the files mapped. */
  grace_ms: z.int().min(0).optional(),
});

/** `POST /gc`: removes what no model names and no job wants, or only says what that would be. */
export const collectGarbage =
  (depot: Depot) =>
  async (c: Context<DepotEnv>): Promise<Response> => {
    const { dry_run: isDryRun, grace_ms: graceMs } = await readRequest(c, depot, GcRequest);
    const request = { isDryRun, graceMs: graceMs ?? depot.config.GARBAGE_GRACE_MS };
    const job = await openWriter(depot, { kind: 'collect', model: '*', request, requestedBy: c.var.subject });
    const done = await depot.runs.want(job.id, c.env.hungUp);
    assertReady(done);
    return c.json(done.result);
  };
