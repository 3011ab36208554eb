import { serve } from '@hono/node-server';
import { Hono } from 'hono';

/** The least that a function can be with Hono: what a cold start is measured against. */
const app = new Hono().post('/*', (c) => c.text('[DONE]'));
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' });
