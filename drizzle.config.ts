import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: [
    './shared/db/schema.ts',
    './shared/db/ledger-schema.ts',
    './shared/db/model-jobs-schema.ts',
    './shared/db/metrics-schema.ts',
  ],
  out: './migrations',
});
