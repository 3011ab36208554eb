import { createHmac } from 'node:crypto';

/** What whoever reads the metrics here shows: the same at each start, and of no use for anything else. */
export const metricsToken = (internalSecret: string): string =>
  createHmac('sha256', internalSecret).update('metrics').digest('base64url');
