import type { RouterWorld } from './router-world.ts';
import type { Sums } from './script.ts';

/** Holds what the ledger charged against what the upstream told to have used, over a round of the router. */
export class Books {
  readonly #world: RouterWorld;
  rounds = 0;
  /** What did not add up, in words. */
  readonly wrong: string[] = [];

  constructor(world: RouterWorld) {
    this.#world = world;
  }

  async over<T>(work: () => Promise<T>): Promise<T> {
    const [sentBefore, chargedBefore] = await this.#both();
    const result = await work();
    const [sentAfter, chargedAfter] = await this.#both();
    const sent = difference(sentAfter, sentBefore);
    const charged = difference(chargedAfter, chargedBefore);
    this.rounds += 1;
    if (inWords(sent) !== inWords(charged) || sent.calls === 0)
      this.wrong.push(`the upstream sent ${inWords(sent)}; the receipts have ${inWords(charged)}`);
    return result;
  }

  /** Looks at the ledger as a whole, when all is over. */
  async close(): Promise<void> {
    const [drift] = await this.#world.sql`select count(*)::int as rows from ledger_drift`;
    if (drift!.rows > 0) this.wrong.push(`the ledger has drifted in ${drift!.rows} rows`);
    const [open] = await this.#world.sql`select count(*)::int as rows from holds`;
    if (open!.rows > 0) this.wrong.push(`${open!.rows} holds are still open`);
  }

  #both(): Promise<[Sums, Sums]> {
    return Promise.all([sentBy(this.#world), chargedBy(this.#world)]);
  }
}

async function sentBy({ upstreamUrl }: RouterWorld): Promise<Sums> {
  const reply = await fetch(`${upstreamUrl}/sent`);
  return (await reply.json()) as Sums;
}

async function chargedBy({ sql }: RouterWorld): Promise<Sums> {
  const [sums] = await sql<[Sums]>`
    select count(*)::int as calls, coalesce(sum(prompt), 0)::float8 as prompt, coalesce(sum(output), 0)::float8 as output
      from receipts`;
  return sums;
}

const difference = (after: Sums, before: Sums): Sums => ({
  calls: after.calls - before.calls,
  prompt: after.prompt - before.prompt,
  output: after.output - before.output,
});

const inWords = ({ calls, prompt, output }: Sums) =>
  `${calls} answers of ${prompt} prompt and ${output} output tokens`;
