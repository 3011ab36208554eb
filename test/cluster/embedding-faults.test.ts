import { expect, it } from 'vitest';
import { defaultModels } from '../fakes/ollama/default-models.ts';
import type { Fault } from '../fakes/ollama/faults.ts';
import { times } from '../helpers/chaos-chance.ts';
import { aCluster, type Member } from '../helpers/cluster.ts';
import { embeddingSurfaces, toldBy } from '../helpers/cluster-surfaces.ts';

const route = { upstreamModel: 'embed' };
const fake = { models: defaultModels };
const members: Member[] = [
  { route, fake, upstream: { firstPieceTimeoutMs: 700, idleTimeoutMs: 700 } },
  { route: { ...route, tier: 1 }, fake },
];
const environment = { BREAKER_FAILURES: '1000000', CHECK_EVERY_MS: '0' };

/** Of a vector the caller sees nothing until it is whole: whatever happens to it, another upstream makes it anew. */
const faults: Fault[] = [
  { kind: 'refuse' },
  { kind: 'garbage-head' },
  { kind: 'html' },
  { kind: 'queue-full' },
  { kind: 'error-status', status: 500 },
  { kind: 'error-status', status: 404, message: 'model "embed" not found, try pulling it first' },
  { kind: 'cut-mid-line' },
  { kind: 'reset' },
  { kind: 'bad-json' },
  { kind: 'hang-before-head' },
];

it.concurrent.each(embeddingSurfaces.map((surface) => [surface.path, surface] as const))(
  'at %s the other of two upstreams answers, whatever the fault of the first',
  async (_, surface) => {
    const cluster = await aCluster({ members, environment });
    const told: unknown[] = [];
    for (const [index, fault] of faults.entries()) {
      const name = `${index} ${fault.kind}`;
      await cluster.offer(name, { kind: 'embedding' });
      cluster.fakes[0]!.faults.clear();
      cluster.fakes[0]!.faults.always(fault);
      const { status, text } = await toldBy(cluster, surface, { model: name, tag: name });
      const { outcome, prompt, output, attempts } = (await cluster.books.receipts()).get(name)!;
      const last = attempts
        .map(({ upstream, failure }) => [upstream.at(-1), failure !== undefined])
        .slice(-2);
      told.push({ name, status, text, outcome, output, isCharged: prompt > 0, last });
    }
    const answered = { status: 200, text: '16 numbers', outcome: 'settled', output: 0, isCharged: true };
    const last = [
      ['0', true],
      ['1', false],
    ];
    expect(told).toEqual(
      times(faults.length, (index) => ({ ...answered, name: `${index} ${faults[index]!.kind}`, last })),
    );
    await cluster.books.expectSquare();
  },
);
