import { isBudget, type World } from './model/world.ts';
import type { HoldRow, ReceiptRow, Snapshot, WindowRow } from './snapshot.ts';

/** Windows in which nothing is counted may be written down or not. */
export function countersOf({ limits, windows }: Snapshot) {
  const rows: WindowRow[] = [...limits, ...windows];
  return Object.fromEntries(
    rows
      .filter(({ used, held }) => used !== 0 || held !== 0)
      .map(({ limit, startUs, used, held }) => [`${limit} from ${startUs}`, { used, held }]),
  );
}

export function countersOfModel(world: World) {
  const counters: Record<string, object> = {};
  for (const limit of world.limits.values()) {
    for (const { startUs, used, held } of limit.windows) {
      if (used !== 0 || held !== 0) counters[`${limit.id} from ${startUs}`] = { used, held };
    }
  }
  return counters;
}

type Facts = Record<string, unknown>;

export const sorted = <T extends { id?: unknown; subject?: unknown }>(facts: T[]) =>
  facts.toSorted((a, b) => (String(a.id ?? a.subject) < String(b.id ?? b.subject) ? -1 : 1));

const linesOf = ({ lineLimit, lineStartUs, lineAmount }: HoldRow | ReceiptRow) =>
  Object.fromEntries(lineLimit.map((id, k) => [id, [lineStartUs[k], lineAmount[k]]]));

export const holdFacts = ({ lineLimit: _, lineStartUs: __, lineAmount: ___, ...row }: HoldRow): Facts => ({
  ...row,
  lines: linesOf({ ...row, lineLimit: _, lineStartUs: __, lineAmount: ___ }),
});

export function holdsOfModel(world: World): Facts[] {
  return [...world.holds.values()].map((hold) => ({
    ...pickFrom(
      hold,
      'id',
      'promptHeld',
      'outputHeld',
      'rate',
      'forced',
      'started',
      'firstToken',
      'progress',
    ),
    ...pickFrom(hold, 'intervalMs', 'admittedUs', 'renewedUs', 'leaseEndUs'),
    priceVersion: hold.price.version,
    lines: Object.fromEntries(
      hold.lines.map(({ limit, window, amount }) => [limit.id, [window.startUs, amount]]),
    ),
  }));
}

/** What rates' lines say after the end is nobody's promise. */
export function receiptFacts(world: World, row: ReceiptRow): Facts {
  const { lineLimit, lineStartUs, lineAmount, lineExcess, admittedUs: _, ...facts } = row;
  const lines = lineLimit.map((id, k) => [id, lineStartUs[k], lineAmount[k], lineExcess[k]] as const);
  const counted = lines.filter(([id]) => isBudget(world.limits.get(id)!));
  return { ...facts, lines: Object.fromEntries(counted.map(([id, ...line]) => [id, line])) };
}

export function receiptsOfModel(world: World): Facts[] {
  return [...world.receipts.values()].map((receipt) => ({
    ...pickFrom(receipt, 'id', 'outcome', 'final', 'prompt', 'output', 'cost', 'uncharged', 'holdLost'),
    lines: Object.fromEntries(
      receipt.lines
        .map(
          ({ limit, window, amount }, k) => [limit, window.startUs, amount, receipt.lineExcess[k]] as const,
        )
        .filter(([limit]) => isBudget(limit))
        .map(([limit, ...line]) => [limit.id, line]),
    ),
  }));
}

function pickFrom<T, K extends keyof T>(from: T, ...names: K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
}

export const isUsed = ({ prompt, output, cost }: { prompt: number; output: number; cost: number }) =>
  prompt !== 0 || output !== 0 || cost !== 0;

export function rollupsOfModel(world: World) {
  const sums = new Map<string, { subject: string; prompt: number; output: number; cost: number }>();
  for (const { consumer, key, model, admittedUs, prompt, output, cost } of world.receipts.values()) {
    const hourUs = Math.floor(admittedUs / 3.6e9) * 3.6e9;
    const subject = `${consumer} ${key} ${model} ${hourUs}`;
    const sum = sums.get(subject) ?? { subject, prompt: 0, output: 0, cost: 0 };
    sum.prompt += prompt;
    sum.output += output;
    sum.cost += cost;
    sums.set(subject, sum);
  }
  return [...sums.values()].filter(isUsed);
}
