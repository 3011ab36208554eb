import type { Context } from 'hono';
import { GatewayError } from '#shared/errors.ts';

/** What at an Ollama changes the models that all its callers share. */
export const CHANGES = ['pull', 'push', 'create', 'copy', 'delete', 'blobs/:digest'].map(
  (name) => `/api/${name}`,
);

/** @throws GatewayError always, and with 403: the path is there, and only whose key it is decides. */
export function refuseChange(c: Context): never {
  const name = c.req.path.split('/')[2];
  throw new GatewayError(
    'insufficient_scope',
    `This key may not ${VERBS[name as keyof typeof VERBS] ?? 'change'} models: they are the operator's.`,
  );
}

const VERBS = { pull: 'pull', push: 'push', create: 'create', copy: 'copy', delete: 'delete' } as const;
