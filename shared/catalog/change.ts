import { isDeepStrictEqual } from 'node:util';
import { sql } from 'drizzle-orm';
import type { Drizzle } from '../db/database.ts';
import { models, routes, upstreams } from '../db/schema.ts';
import { Refusal } from '../tenancy/refusal.ts';
import { checkCatalog } from './check.ts';
import { areNone, type Differences, differences } from './differences.ts';
import { type CatalogDocument, type CatalogDraft, inOrder } from './document.ts';
import { type Problem, showProblem } from './problem.ts';
import { type CurrentCatalog, parseDocument, readCatalog } from './read-document.ts';
import { keepVersion, keepWhatOthersMade, readVersion } from './versions.ts';
import { pricedModels, writeDifferences } from './write-differences.ts';

export interface ChangeOptions {
  /** What the version is kept with. */
  note: string;
  /** Find out what would change, and change nothing. */
  dryRun?: boolean;
  /** Refuse when the catalog is at another version by now. */
  ifVersion?: number;
}

export interface CatalogChange extends CurrentCatalog {
  differences: Differences;
  /** Models that stay though they were removed, disabled and without routes: prices name them, and receipts the prices. */
  retired: string[];
  /** What is wrong and does not stand in the way: warnings that are new, and errors that are not. */
  problems: Problem[];
}

type Edit = (document: CatalogDocument) => CatalogDraft;

/**
 * The one way to change the catalog: all of it is read, edited, checked and written in one transaction, and kept as a
 * version. Routers see it with their next admission. If nothing differs, nothing is written.
 *
 * A change is refused when the catalog would have an error that it has not now.
 *
 * @throws Refusal, also when another change takes too long to wait for
 */
export const changeCatalog = (db: Drizzle, edit: Edit, options: ChangeOptions): Promise<CatalogChange> =>
  inTurn(db, async (tx) => {
    const current = await readCatalog(tx);
    const wanted = parseDocument(edit(structuredClone(current.document)));
    return writeCatalog(tx, current, wanted, { ...options, refuse: true });
  });

/** Makes the catalog what it was in a version. That it was in force before is enough: an error of today refuses nothing. */
export const rollBackCatalog = (
  db: Drizzle,
  version: number,
  options: ChangeOptions,
): Promise<CatalogChange> =>
  inTurn(db, async (tx) => {
    const current = await readCatalog(tx);
    const wanted = parseDocument(await readVersion(tx, version));
    return writeCatalog(tx, current, wanted, { ...options, refuse: false });
  });

async function writeCatalog(
  tx: Drizzle,
  current: CurrentCatalog,
  wanted: CatalogDocument,
  { note, dryRun = false, ifVersion, refuse }: ChangeOptions & { refuse: boolean },
): Promise<CatalogChange> {
  if (ifVersion !== undefined && ifVersion !== current.version)
    throw otherVersion(ifVersion, current.version);
  const { document, retired } = withRetired(wanted, current.document, await pricedModels(tx));
  const changes = differences(current.document, document);
  const [before, after] = [checkCatalog(current.document), checkCatalog(document)];
  const isNew = (problem: Problem) => !before.some((each) => isDeepStrictEqual(each, problem));
  const errors = after.filter(({ severity }) => severity === 'error');
  if (refuse) assertNone(errors.filter(isNew));
  const change = {
    differences: changes,
    retired,
    problems: after.filter((each) => errors.includes(each) || isNew(each)),
  };
  if (areNone(changes) || dryRun) return { ...current, ...change };
  await keepWhatOthersMade(tx, current);
  await writeDifferences(tx, changes);
  const written = await readCatalog(tx);
  if (!isDeepStrictEqual(written.document, document))
    throw new Error('The tables do not hold what was written.');
  await keepVersion(tx, written, note);
  return { ...written, ...change };
}

/** Whoever else changes the catalog waits, npm start included; routers only read, so no call does. */
const PATIENCE = '5s';
const LOCK_NOT_AVAILABLE = '55P03';

async function inTurn<T>(db: Drizzle, work: (tx: Drizzle) => Promise<T>): Promise<T> {
  try {
    return await db.transaction(async (tx) => {
      await tx.execute(sql.raw(`set local lock_timeout = '${PATIENCE}'`));
      await tx.execute(sql`lock table ${upstreams}, ${models}, ${routes} in share row exclusive mode`);
      return work(tx);
    });
  } catch (error) {
    if (codeOf(error) !== LOCK_NOT_AVAILABLE) throw error;
    throw new Refusal(
      'busy',
      'Somebody else is changing the catalog. Nothing was changed: try again in a moment.',
    );
  }
}

/** Drizzle wraps what the driver threw. */
const codeOf = (error: unknown) => (error as { cause?: { code?: unknown } }).cause?.code;

function withRetired(
  wanted: CatalogDocument,
  current: CatalogDocument,
  priced: ReadonlySet<string>,
): { document: CatalogDocument; retired: string[] } {
  const isWanted = new Set(wanted.models.map(({ name }) => name));
  const left = current.models.filter(({ name }) => priced.has(name) && !isWanted.has(name));
  const kept = left.map((model) => ({ ...model, aliases: [], status: 'disabled' as const }));
  const document = inOrder({ ...wanted, models: [...wanted.models, ...kept] });
  return { document, retired: left.map(({ name }) => name) };
}

function assertNone(errors: readonly Problem[]): void {
  if (errors.length === 0) return;
  throw new Refusal('invalid', `The catalog would not be right: ${errors.map(showProblem).join('; ')}.`);
}

const otherVersion = (wanted: number, current: number) =>
  new Refusal(
    'wrong_state',
    `The catalog is at version ${current} by now, not ${wanted}. Nothing was changed.`,
  );
