import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { changeCatalog, rollBackCatalog } from '#shared/catalog/change.ts';
import { areNone } from '#shared/catalog/differences.ts';
import { type CatalogDocument, inOrder } from '#shared/catalog/document.ts';
import { readCatalog, readDocument } from '#shared/catalog/read-document.ts';
import { listVersions, readVersion } from '#shared/catalog/versions.ts';
import type { Drizzle } from '#shared/db/database.ts';
import { documents } from '#shared/fixtures/catalog-documents.ts';
import { aDatabaseUrl, connectedTo } from '../helpers/database.ts';

type Step =
  | { does: 'apply'; document: CatalogDocument }
  | { does: 'roll back'; which: number }
  /** Somebody writes the tables directly. */
  | { does: 'meddle'; aliases: string[] };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ does: fc.constant('apply' as const), document: documents }),
    fc.record({ does: fc.constant('roll back' as const), which: fc.nat() }),
    fc.record({ does: fc.constant('meddle' as const), aliases: fc.subarray(['x', 'y,"z"']) }),
  ),
  { minLength: 1, maxLength: 8 },
);

const database = connectedTo(await aDatabaseUrl());
const OPTIONS = { note: 'a step' };
const EMPTY = 'delete from routes; delete from models; delete from upstreams; delete from catalog_versions';

it('whatever is done to the catalog, its last version is what the tables say, and any version can be had back', async () => {
  const property = fc.asyncProperty(steps, async (taken) => {
    await database.write((db) => db.execute(sql.raw(EMPTY)));
    for (const step of taken) await database.write((db) => take(db, step));
  });
  await fc.assert(property, { numRuns: 60, interruptAfterTimeLimit: 20_000 });
}, 60_000);

async function take(db: Drizzle, step: Step): Promise<void> {
  if (step.does === 'meddle') return meddle(db, step.aliases);
  if (step.does === 'apply') {
    const { document } = await changeCatalog(db, () => step.document, OPTIONS);
    expect(document).toEqual(step.document);
  } else await rollBackToAny(db, step.which);
  await agree(db);
}

async function rollBackToAny(db: Drizzle, which: number): Promise<void> {
  const versions = await listVersions(db);
  if (versions.length === 0) return;
  const { version } = versions[which % versions.length]!;
  const { document } = await rollBackCatalog(db, version, OPTIONS);
  expect(document).toEqual(inOrder(await readVersion(db, version)));
}

/** The tables, the last version, and what is exported and applied again. */
async function agree(db: Drizzle): Promise<void> {
  const { version, document } = await readCatalog(db);
  const last = (await listVersions(db)).at(-1);
  // A change that changed nothing kept nothing, not even what others had made.
  if (last?.version === version) expect(await readVersion(db, version)).toEqual(document);
  const exported = JSON.stringify(document);
  const again = await changeCatalog(db, () => readDocument(exported), OPTIONS);
  expect({ isSame: areNone(again.differences), version: again.version }).toEqual({ isSame: true, version });
}

async function meddle(db: Drizzle, aliases: readonly string[]): Promise<void> {
  await db.execute(sql`
    update models set aliases = array(select jsonb_array_elements_text(${JSON.stringify(aliases)}::jsonb))
     where name = (select min(name) from models)`);
}
