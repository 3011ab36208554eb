import { createMiddleware } from 'hono/factory';
import type { Database } from '#shared/db/database.ts';
import { schemaProblem } from '#shared/db/schema-version.ts';
import { asGatewayError, GatewayError } from '#shared/errors.ts';
import type { Health } from '#shared/http/door.ts';
import type { RouterEnv } from './router-env.ts';

/** Whether this code and this database fit. Once they do they always will: migrations only go forward. */
export class Readiness {
  readonly #database: Database;
  #fits = false;

  constructor(database: Database) {
    this.#database = database;
  }

  async health(): Promise<Health> {
    try {
      const problem = await schemaProblem(this.#database);
      this.#fits ||= problem === undefined;
      return problem === undefined ? { status: 'ok' } : { status: 'unavailable', reason: problem };
    } catch (error) {
      return { status: 'unavailable', reason: asGatewayError(error).message };
    }
  }

  /** Lets no request through before the database fits; `/healthz` says why. */
  gate() {
    return createMiddleware<RouterEnv>(async (_c, next) => {
      if (!this.#fits && (await this.health()).status !== 'ok') throw notReady();
      await next();
    });
  }
}

const notReady = () =>
  new GatewayError('gateway_not_ready', 'The gateway is not ready to serve. Its /healthz says why.', {
    retryAfterMs: 5000,
  });
