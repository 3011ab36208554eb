import { fileURLToPath } from 'node:url';
import { freePort } from '../local/fc/free-port.ts';
import { type Load, run } from './parts/load.ts';
import { cpuMs, type Process, startPart } from './parts/processes.ts';
import { startRouter } from './parts/router.ts';

/**
 * CPU of the router beside a piped `node:http` proxy, in one run: per request for a small answer, per
 * chunk for streams. `node bench/relay.ts [rounds]`. Only the ratios travel to other machines.
 */
const ROUNDS = Number(process.argv[2] ?? 5);
const CHUNKS = 1000;
const part = (name: string) => fileURLToPath(new URL(`./parts/${name}.ts`, import.meta.url));

interface Case {
  name: string;
  unit: string;
  unitsPerRequest: number;
  requests: number;
  connections: number;
  model: string;
  stream: boolean;
  /** The path that the bare proxy passes on. */
  upstreamPath: string;
  bar: number;
}

const CASES: Case[] = [
  {
    name: 'small JSON',
    unit: 'request',
    unitsPerRequest: 1,
    requests: 6000,
    connections: 64,
    model: 'passed',
    stream: false,
    upstreamPath: '/v1/chat/completions',
    bar: 1.5,
  },
  {
    name: 'stream passed through',
    unit: 'chunk',
    unitsPerRequest: CHUNKS,
    requests: 64,
    connections: 16,
    model: 'passed',
    stream: true,
    upstreamPath: '/v1/chat/completions',
    bar: 1.2,
  },
  {
    name: 'stream from Ollama',
    unit: 'chunk',
    unitsPerRequest: CHUNKS,
    requests: 64,
    connections: 16,
    model: 'translated',
    stream: true,
    upstreamPath: '/api/chat',
    bar: 2.5,
  },
];

const upstreamPort = await freePort();
const upstreamUrl = `http://127.0.0.1:${upstreamPort}`;
const proxyPort = await freePort();
const upstream = await startPart(part('upstream'), { PORT: String(upstreamPort), CHUNKS: String(CHUNKS) });
const proxy = await startPart(part('piped-proxy'), { PORT: String(proxyPort), UPSTREAM_URL: upstreamUrl });
const router = await startRouter(upstreamUrl);
try {
  console.log(`CPU, median of ${ROUNDS} rounds`);
  for (const each of CASES) await compare(each);
} finally {
  await router.stop();
  await proxy.stop();
  await upstream.stop();
}

async function compare(each: Case): Promise<void> {
  const body = JSON.stringify({
    model: each.model,
    stream: each.stream,
    messages: [{ role: 'user', content: 'Tell me something.' }],
  });
  const json = { 'content-type': 'application/json' };
  const bare = { ...each, body, url: `http://127.0.0.1:${proxyPort}${each.upstreamPath}`, headers: json };
  const url = `${router.url}/v1/chat/completions`;
  const ours = { ...each, body, url, headers: { ...json, authorization: `Bearer ${router.key}` } };
  const rounds: { bareUs: number; oursUs: number }[] = [];
  for (let round = -1; round < ROUNDS; round += 1) {
    const pair = {
      bareUs: await microseconds(proxy, bare, each),
      oursUs: await microseconds(router, ours, each),
    };
    if (round >= 0) rounds.push(pair); // the first is for warming up
  }
  const bareUs = median(rounds.map((round) => round.bareUs));
  const oursUs = median(rounds.map((round) => round.oursUs));
  // Of pairs, since the machine's speed drifts from round to round.
  const ratios = rounds.map((round) => round.oursUs / round.bareUs);
  const ratio = median(ratios);
  const verdict = ratio <= each.bar ? 'within' : 'ABOVE';
  console.log(
    `${each.name.padEnd(22)} piped ${bareUs.toFixed(1)} µs, router ${oursUs.toFixed(1)} µs a ${each.unit}: ratio ${ratio.toFixed(2)}, ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)} (${verdict} the bar of ${each.bar})`,
  );
}

async function microseconds(process: Process, load: Load, each: Case): Promise<number> {
  const beforeMs = cpuMs(process.pid);
  await run(load);
  return ((cpuMs(process.pid) - beforeMs) * 1000) / (each.requests * each.unitsPerRequest);
}

function median(figures: number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)]!;
}
