import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../local/fc/free-port.ts';
import type { Load } from './load.ts';
import { type Process, startServer } from './processes.ts';
import type { RouterWorld } from './router-world.ts';
import type { ModelName } from './script.ts';

export type TargetName = 'direct' | 'piped' | 'portkey' | 'router';

/** A way to the upstream. */
export interface Target {
  name: TargetName;
  /** Absent for a direct call. */
  process?: Process;
  /** The request that has this model answer this prompt. */
  request(model: ModelName, stream: boolean, prompt?: string): Pick<Load, 'url' | 'headers' | 'body'>;
}

/** Starts it anew: what happened to one case's processes does not weigh on the next. */
export function startTarget(name: TargetName, world: RouterWorld): Promise<Target> {
  return TARGETS[name](world);
}

export const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** As s.yaml starts it. */
export const ROUTER = ['--enable-source-maps', fileOf('../../dist/router/server.mjs')];
const PORTKEY = join(
  fileURLToPath(import.meta.resolve('@portkey-ai/gateway/package.json')),
  '../build/start-server.js',
);
const CHAT = '/v1/chat/completions';

const TARGETS: Record<TargetName, (world: RouterWorld) => Promise<Target>> = {
  async direct({ upstreamUrl }) {
    return { name: 'direct', request: requestsTo(upstreamUrl, upstreamPath) };
  },

  async piped({ upstreamUrl }) {
    const port = await freePort();
    const environment = { PORT: String(port), UPSTREAM_URL: upstreamUrl };
    const process = await startServer([fileOf('piped-proxy.ts')], port, environment);
    return { name: 'piped', process, request: requestsTo(urlAt(port), upstreamPath) };
  },

  /** Its words for an upstream of one's own; loopback it trusts unless told otherwise. */
  async portkey({ upstreamUrl }) {
    const port = await freePort();
    const args = [PORTKEY, `--port=${port}`, '--headless'];
    const process = await startServer(args, port, { NODE_ENV: 'production' });
    const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstreamUrl}/v1` };
    return { name: 'portkey', process, request: requestsTo(urlAt(port), () => CHAT, headers) };
  },

  async router({ environment, key }) {
    const port = await freePort();
    const process = await startServer(ROUTER, port, { ...environment, FC_CUSTOM_LISTEN_PORT: String(port) });
    const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': '203.0.113.7' };
    return { name: 'router', process, request: requestsTo(urlAt(port), () => CHAT, headers) };
  },
};

const urlAt = (port: number) => `http://127.0.0.1:${port}`;

/** What only passes bytes on has to ask an Ollama at Ollama's own path. */
const upstreamPath = (model: ModelName) => (model === 'translated' ? '/api/chat' : CHAT);

function requestsTo(url: string, pathOf: (model: ModelName) => string, more: Record<string, string> = {}) {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer none', ...more };
  return (model: ModelName, stream: boolean, prompt = 'Tell me something.') => ({
    url: `${url}${pathOf(model)}`,
    headers,
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: prompt }] }),
  });
}
