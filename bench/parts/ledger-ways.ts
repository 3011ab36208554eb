import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import type { Closing } from '#shared/ledger/closing.ts';
import { Ledger } from '#shared/ledger/ledger.ts';
import { troubleOf } from '#shared/ledger/trouble.ts';
import type { Admitted } from '#shared/ledger/verdict.ts';
import { admissionEntry, closingEntry, statementOf } from '#shared/ledger/wire.ts';
import { newRequestId } from '#shared/request-id.ts';
import { CONSUMERS } from './ledger-world.ts';

/** One router's way to the ledger. */
export interface Way {
  /** Admits and settles one call of this key. */
  pair(keyId: number): Promise<void>;
  close(): Promise<void>;
}

/** As our routers do: natural batches over two connections. */
export function batching(url: string): Way {
  const ledger = new Ledger({
    url,
    maxConnections: 1,
    connectTimeoutMs: 5_000,
    queryTimeoutMs: 5_000,
    staleAfterMs: 60_000,
  });
  return {
    async pair(keyId) {
      const admission = admissionOf(keyId);
      const verdict = await ledger.admit(admission);
      if (verdict.verdict !== 'admitted') throw new Error(`refused: ${verdict.reason}`);
      const closed = await ledger.close(closingOf(admission.requestId, keyId), verdict.echo);
      if (closed.state !== 'closed') throw new Error(`closed as ${closed.state}`);
    },
    close: () => ledger.disconnect(),
  };
}

/** The same functions, a statement for each call, over a pool of as many connections as a router could be given. */
export function statementPerCall(url: string, connections: number): Way {
  const sql = postgres(url, { max: connections, prepare: false, onnotice: () => {} });
  const router = randomUUID();
  const ask = async <T>(name: string, entry: object) => {
    for (;;) {
      try {
        const [row] = await sql.unsafe<{ result: T[] }[]>(statementOf(name, [entry])).simple();
        return row!.result[0]!;
      } catch (error) {
        // Behind a hot row many wait for longer than a lock is waited for: they ask again, as callers would.
        if (troubleOf(error) !== 'locked') throw error;
      }
    }
  };
  return {
    async pair(keyId) {
      const admission = admissionOf(keyId);
      const verdict = await ask<Admitted>('admit_v2', admissionEntry(admission, router));
      if (verdict.verdict !== 'admitted') throw new Error('refused');
      await ask('settle_v2', closingEntry(closingOf(admission.requestId, keyId)));
    },
    close: () => sql.end(),
  };
}

export const anyKey = () => 2 + Math.floor(Math.random() * CONSUMERS);
export const hotKey = () => 2;

const admissionOf = (keyId: number) => ({
  requestId: newRequestId(),
  keyId,
  consumerId: keyId,
  rootId: 1,
  address: undefined,
  model: 'm',
  prompt: { bytes: 400, latin: 400, cjk: 0, other: 0, messages: 2, tools: 0, images: 0 },
  outputCap: 100,
  choices: 1,
  prompts: 1,
  endUser: undefined,
  tag: undefined,
});

const closingOf = (requestId: string, keyId: number): Closing => ({
  requestId,
  keyId,
  consumerId: keyId,
  rootId: 1,
  model: 'm',
  outcome: 'settled',
  prompt: 100,
  output: 50,
  source: 'reported',
  promptReported: 100,
  outputReported: 50,
  outputCounted: 50,
  upstream: 'u',
  attempts: [{ upstream: 'u', because: 'turn' }],
  reason: 'stop',
  firstTokenMs: 100,
  totalMs: 1_000,
});
