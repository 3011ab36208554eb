import type { LedgerDatabase } from '../helpers/ledger-database.ts';
import type { AdmitCall, AdmitResult, Admitted, RenewCall, SettleCall } from './contract.ts';
import { enter } from './enter.ts';
import { type Limit, type Model, newWorld } from './model/world.ts';
import { ROUTER } from './scene.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';

interface Given {
  /** The test's clock. */
  at?: string;
  /** Consumer k + 1 has this parent, or none; key k + 1 is its key. */
  parents?: (number | null)[];
  timeZone?: string;
  limits?: (Pick<Limit, 'metric' | 'win' | 'amount'> & Partial<Limit>)[];
  model?: Partial<Model>;
}

/** One micro-yuan a token, either way; nothing is too short to be worth it. */
const MODEL: Model = {
  ...{ name: 'm1', status: 'active', contextTokens: null, maxOutputTokens: null, defaultOutput: null },
  ...{ minOutput: 1, imageTokens: 0, calibration: null },
  prices: [{ version: 1, input: 1_000_000, output: 1_000_000 }],
};

/** A small world, written into the database, with short ways to say what happens in it. */
export async function given(ledger: LedgerDatabase, facts: Given) {
  const { at = '2031-06-15T12:00:00Z', parents = [null], timeZone = 'UTC', limits = [], model } = facts;
  const world = newWorld(Date.parse(at) * 1000);
  for (const [index, parent] of parents.entries()) {
    const id = index + 1;
    const path = [...(parent === null ? [] : world.consumers.get(parent)!.path), id];
    world.consumers.set(id, { id, path, status: 'active', models: null, timeZone });
    world.keys.set(id, { id, consumerId: id, status: 'active', expiresUs: null, models: null, cidrs: null });
  }
  world.models.set('m1', { ...MODEL, ...model });
  for (const [index, limit] of limits.entries()) {
    const owner = { consumerId: limit.keyId ? null : 1, keyId: null };
    const rest = { retired: false, windows: [], tatUs: 0, strict: false };
    world.limits.set(index + 1, { ...owner, ...rest, ...limit, id: index + 1 });
  }
  await enter(ledger, world);
  return new Story(ledger, world.nowUs / 1000);
}

let made = 0;

export class Story {
  readonly ledger: LedgerDatabase;
  #nowMs: number;

  constructor(ledger: LedgerDatabase, nowMs: number) {
    this.ledger = ledger;
    this.#nowMs = nowMs;
  }

  /** A call with this many tokens of prompt (estimate) and of output (cap). */
  call({ prompt = 4, ...facts }: Partial<AdmitCall> & { prompt?: number } = {}): AdmitCall {
    made += 1;
    return {
      id: `00000000-0000-7000-8000-${made.toString(16).padStart(12, '0')}`,
      ...{ router: ROUTER, key: 1, address: null, model: 'm1', choices: 1, endUser: null, tag: null },
      ...{ messages: 0, tools: 0, images: 0, bytes: 4 * prompt, cjk: 0, other: 0, output: 10 },
      latin: 4 * (prompt - 4),
      ...facts,
    };
  }

  async admit(call: AdmitCall): Promise<AdmitResult> {
    return (await this.ledger.admit([call]))[0]!;
  }

  /** A call that has to be admitted. */
  async admitted(facts: Partial<AdmitCall> & { prompt?: number } = {}): Promise<AdmitCall & Admitted> {
    const call = this.call(facts);
    const verdict = await this.admit(call);
    if (verdict.verdict !== 'admitted') throw new Error(`refused: ${JSON.stringify(verdict)}`);
    return { ...call, ...verdict };
  }

  async settle(call: AdmitCall, prompt: number, output: number, more: Partial<SettleCall> = {}) {
    return (await this.ledger.settle([{ ...this.ending(call, prompt, output), ...more }]))[0]!;
  }

  ending({ id, key, model }: AdmitCall, prompt: number, output: number): SettleCall {
    return {
      ...{ id, key, model, prompt, output, consumer: key, outcome: 'settled', source: 'reported' },
      ...{ promptReported: null, outputReported: null, outputCounted: null, upstream: null, attempts: [] },
      ...{ reason: null, firstTokenMs: null, totalMs: null },
    };
  }

  release(call: AdmitCall) {
    return this.settle(call, 0, 0, { outcome: 'released' });
  }

  async renew({ id }: { id: string }, facts: Partial<RenewCall> = {}) {
    const still = { started: true, upstream: 'a', progress: 0, firstToken: false, intervalMs: 1000 };
    return (await this.ledger.renew([{ id, ...still, ...facts }]))[0]!;
  }

  async waits(ms: number): Promise<void> {
    this.#nowMs += ms;
    await this.ledger.setClock(this.#nowMs * 1000);
  }

  async isNow(at: string): Promise<void> {
    await this.waits(Date.parse(at) - this.#nowMs);
  }

  /** The counters of a limit's current window, and what was left behind. */
  async limit(id = 1) {
    const snapshot = await this.tables();
    const { used, held, startUs, endUs, amount, peak, tatUs } = snapshot.limits.find(
      (row) => row.limit === id,
    )!;
    const left = snapshot.windows.filter((row) => row.limit === id);
    return { used, held, startUs, endUs, amount, peak, tatUs, left };
  }

  async receipt({ id }: { id: string }) {
    return (await this.tables()).receipts.find((row) => row.id === id);
  }

  tables(): Promise<Snapshot> {
    return snapshotOf(this.ledger);
  }
}
