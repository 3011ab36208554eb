import { type Context, Hono } from 'hono';
import { CredentialCheck, shownBy } from '#shared/credential/check-credential.ts';
import { GatewayError } from '#shared/errors.ts';
import { tellFailure } from '#shared/http/tell-failure.ts';
import { createModel } from './api/create.ts';
import { deleteModel } from './api/delete.ts';
import { formOf } from './api/failure-forms.ts';
import { collectGarbage } from './api/gc.ts';
import { fillMirror } from './api/mirror.ts';
import { pull } from './api/pull.ts';
import { retryPull, runPull, stopPull } from './api/pulls/act.ts';
import { openPull } from './api/pulls/open.ts';
import { listPulls, showPull } from './api/pulls/show.ts';
import { listTags, showModel } from './api/store.ts';
import type { Depot } from './depot.ts';
import type { DepotEnv } from './depot-env.ts';

/** Everything here is for the gateway's own functions and its operator: each request shows a credential of its own. */
export function createApp(depot: Depot) {
  const tell = (thrown: unknown, c: Context<DepotEnv>) =>
    tellFailure(thrown, c.env, formOf(c.req.path), depot.config.CALLER_READ_TIMEOUT_MS);
  const credentials = new CredentialCheck(depot.config.INTERNAL_SECRET, 'model-pull');
  return new Hono<DepotEnv>()
    .use(async (c, next) => {
      c.set('subject', await credentials.subject(shownBy(c.env.incoming)));
      await next();
    })
    .post('/api/pull', pull(depot))
    .get('/api/tags', listTags(depot))
    .post('/api/show', showModel(depot))
    .delete('/api/delete', deleteModel(depot))
    .post('/api/create', createModel(depot))
    .post('/pulls', openPull(depot))
    .get('/pulls', listPulls(depot))
    .get('/pulls/:id', showPull(depot))
    .post('/pulls/:id/run', runPull(depot))
    .post('/pulls/:id/stop', stopPull(depot))
    .post('/pulls/:id/retry', retryPull(depot))
    .post('/gc', collectGarbage(depot))
    .post('/mirror', fillMirror(depot))
    .notFound((c) => tell(new GatewayError('not_found', 'There is nothing here.'), c))
    .onError(tell);
}
