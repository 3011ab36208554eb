import postgres from 'postgres';
import { expect } from 'vitest';
import { atEnd } from './at-end.ts';

export interface Receipt {
  tag: string;
  outcome: string;
  final: boolean;
  source: string;
  reason: string | null;
  prompt: number;
  output: number;
  promptEst: number;
  promptHeld: number;
  outHeld: number;
  lineAmount: number[];
  /** The names of the upstreams that were asked, and why those failed that did. */
  attempts: { upstream: string; because?: string; failure?: string }[];
}

/** What a router that is lost has last told of a call. */
export interface OpenHold {
  tag: string;
  started: boolean;
  firstToken: boolean;
  progress: number;
  rate: number;
  intervalMs: number;
}

/** The ledger's tables, as an auditor reads them. */
export class Books {
  readonly sql: postgres.Sql;

  constructor(url: string) {
    const number = { to: 20, from: [20], serialize: String, parse: Number };
    this.sql = postgres(url, { max: 2, transform: postgres.camel, types: { number }, onnotice: () => {} });
    atEnd(() => this.sql.end({ timeout: 1 }));
  }

  /** What closed calls cost, by their tags. */
  async receipts(): Promise<Map<string, Receipt>> {
    const rows = await this.sql<Receipt[]>`select * from receipts where outcome <> 'void'`;
    return new Map(rows.map((row) => [row.tag, { ...row, lineAmount: row.lineAmount.map(Number) }]));
  }

  async holds(): Promise<OpenHold[]> {
    return [...(await this.sql<OpenHold[]>`select * from holds`)];
  }

  /** As if their time had passed: everything that is held now counts as left by its router. */
  async passLeases(): Promise<void> {
    await this.sql`update ledger_policy set expiry_grace_ms = 0, restart_grace_ms = 0`;
    await this.sql`
      update holds set admitted_at = admitted_at - interval '10 minutes', renewed_at = renewed_at - interval '10 minutes',
                       lease_end = lease_end - interval '10 minutes'`;
  }

  /** Closes all that is held: its routers are lost, or stand still. */
  async giveUp(): Promise<void> {
    // A renewal may have been on its way when its router was stopped.
    for (let round = 0; round < 50 && (await this.holds()).length > 0; round += 1) {
      await this.passLeases();
      await this.sweep();
    }
    expect(await this.holds()).toEqual([]);
  }

  /** Closes all that is past its lease; returns how much that was. */
  async sweep(): Promise<number> {
    let swept = 0;
    for (let round = 0; round < 1_000; round += 1) {
      const [row] = await this.sql<{ some: number }[]>`select sweep_v1(16) as some`;
      if (!row?.some) return swept;
      swept += row.some;
    }
    throw new Error('There is no end to the sweeping.');
  }

  /** Nothing is held, nothing is lost, and nobody has paid above what was held for them. */
  async expectSquare(): Promise<void> {
    expect([...(await this.sql`select * from ledger_drift`)]).toEqual([]);
    expect([...(await this.sql`select tag from holds`)]).toEqual([]);
    const held = this.sql`
      select id, held from limits where held <> 0 union all select limit_id, held from windows where held <> 0`;
    expect([...(await held)]).toEqual([]);
    expect([...(await this.sql`select tag from receipts where output > out_held`)]).toEqual([]);
  }

  /** What the limits of a consumer and of its keys have used, in the order in which they were made. */
  async used(consumerId: number): Promise<number[]> {
    const rows = await this.sql<{ used: number }[]>`
      select used from limits where consumer_id = ${consumerId} or key_id in (select id from keys where consumer_id = ${consumerId})
       order by id`;
    return rows.map(({ used }) => used);
  }
}
