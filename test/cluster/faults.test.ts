import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { defaultModels } from '../fakes/ollama/default-models.ts';
import type { Fault } from '../fakes/ollama/faults.ts';
import { aCluster, type Cluster, type Member, MODEL } from '../helpers/cluster.ts';
import { type SpokenSurface, spokenSurfaces, toldBy } from '../helpers/cluster-surfaces.ts';
import { faults, three } from '../helpers/fault-table.ts';
import { TINY_SAYS } from '../helpers/faulty-upstream.ts';
import type { Backend } from '../helpers/served-gateway.ts';

/** Of two upstreams the first is always asked first, has the fault, and is given little time. */
const route = { upstreamModel: 'tiny' };
const fake = { models: defaultModels };
const membersOf = (backend: Backend): Member[] => [
  { backend, route, fake, upstream: { firstPieceTimeoutMs: 700, idleTimeoutMs: 700 } },
  { route: { ...route, tier: 1 }, fake },
];
const environment = { BREAKER_FAILURES: '1000000', CHECK_EVERY_MS: '0' };

/** What becomes of a call: before its answer has begun it is answered by the other, after that it is told in-band. */
type Case = 'unharmed' | 'elsewhere' | 'broken' | 'broken at the end';

const rows: [string, Fault, Case][] = [
  ...faults.map(([name, { fault, stream }]): [string, Fault, Case] => {
    if (stream.status !== 200) return [name, fault, 'elsewhere'];
    if (stream.code === null) return [name, fault, 'unharmed'];
    return [name, fault, stream.text === TINY_SAYS ? 'broken at the end' : 'broken'];
  }),
  ['hangs in mid-stream', { kind: 'hang-mid-stream', ...three }, 'broken'],
  [
    'does not have the model',
    { kind: 'error-status', status: 404, message: "model 'tiny' not found" },
    'elsewhere',
  ],
];

/** What a whole answer costs. */
const WHOLE_TOKENS = 11;
const whole = { status: 200, failed: false, text: 'whole', outcome: 'settled', output: WHOLE_TOKENS };
const broken = (stream: boolean) => ({
  ...{ status: stream ? 200 : '5xx', failed: true, outcome: 'settled', asked: ['0 failed'] },
});
const EXPECTED: Record<Case, (stream: boolean) => object> = {
  unharmed: () => ({ ...whole, asked: ['0'] }),
  elsewhere: () => ({ ...whole, asked: ['0 failed', '1'] }),
  broken: (stream) => ({ ...broken(stream), text: stream ? 'a part' : '', output: 'a part' }),
  'broken at the end': (stream) => ({
    ...{ ...broken(stream), text: stream ? 'whole' : '', output: WHOLE_TOKENS },
  }),
};

/** What a caller is told of a call that meets this fault, and what its receipt says. */
async function met(cluster: Cluster, surface: SpokenSurface, fault: Fault, stream: boolean): Promise<object> {
  const tag = randomUUID();
  // A router remembers for a while who is busy, and who lacks what.
  const isRemembered = fault.kind === 'queue-full' || fault.kind === 'error-status';
  if (isRemembered) await cluster.offer(tag);
  cluster.fakes[0]!.faults.clear();
  cluster.fakes[0]!.faults.always(fault);
  const told = await toldBy(cluster, surface, { model: isRemembered ? tag : MODEL, stream, tag });
  const { outcome, output, attempts } = (await cluster.books.receipts()).get(tag)!;
  expect(told.attempts).toBe(String(attempts.length));
  return {
    status: told.status > 500 ? '5xx' : told.status,
    failed: told.failed,
    text: partOf(told.text, TINY_SAYS),
    outcome,
    output: output > 0 && output < WHOLE_TOKENS && told.failed ? 'a part' : output,
    asked: asked(attempts),
  };
}

function partOf(text: string, all: string): string {
  if (text === all) return 'whole';
  return all.startsWith(text) && text !== '' ? 'a part' : text;
}

/** Which were asked; one that had closed a kept connection is asked again at once by a new one. */
const asked = (attempts: { upstream: string; failure?: string }[]) =>
  attempts
    .filter(({ upstream }, index) => attempts[index + 1]?.upstream !== upstream)
    .map(({ upstream, failure }) => upstream.at(-1) + (failure === undefined ? '' : ' failed'));

/** Where both sides speak one protocol a whole answer comes in one lump: a fault inside it comes when the work is done. */
const isInLump = (backend: Backend, { path }: SpokenSurface, fault: Fault, becomes: Case) =>
  backend === 'openai' && NATIVE.includes(path) && ('afterChunks' in fault || becomes.startsWith('broken'));
const NATIVE = ['/v1/chat/completions', '/v1/completions'];

const pairs: [string, Backend, SpokenSurface][] = [
  ...spokenSurfaces.map((surface): [string, Backend, SpokenSurface] => [surface.path, 'ollama', surface]),
  ...spokenSurfaces
    .slice(0, 4)
    .map((surface): [string, Backend, SpokenSurface] => [surface.path, 'openai', surface]),
];

describe('of two upstreams the first has a fault of each kind', () => {
  it.concurrent.each(pairs)(
    'at %s, before %s, its calls are answered by the other, unless their answers had begun',
    async (_, backend, surface) => {
      const cluster = await aCluster({ members: membersOf(backend), environment });
      const happened: Record<string, object> = {};
      const expected: Record<string, object> = {};
      for (const [name, fault, becomes] of rows) {
        for (const stream of [true, false]) {
          if (!stream && isInLump(backend, surface, fault, becomes)) continue;
          const row = `${name} (stream: ${stream})`;
          expected[row] = EXPECTED[becomes](stream);
          happened[row] = await met(cluster, surface, fault, stream);
        }
      }
      expect(happened).toEqual(expected);
      await cluster.books.expectSquare();
    },
  );
});
