import type { Command } from 'commander';
import { checkCatalog } from '#shared/catalog/check.ts';
import type { CatalogDocument } from '#shared/catalog/document.ts';
import { type CurrentCatalog, readCatalog } from '#shared/catalog/read-document.ts';
import { listVersions, readVersion } from '#shared/catalog/versions.ts';
import type { Drizzle } from '#shared/db/database.ts';
import { act } from '../act.ts';
import { problemLine } from '../catalog-answer.ts';
import { readCount } from '../catalog-options.ts';
import { modelTable, routeTable, upstreamTable } from '../catalog-text.ts';
import { command, group } from '../group.ts';
import { reading } from '../reading.ts';
import { table } from '../table.ts';
import { localTime } from '../words.ts';
import { applyCommand, rollbackCommand } from './catalog-apply.ts';

export const catalogCommand = (): Command =>
  group('catalog', 'Models, routes and upstreams as one document, in versions.', [
    show(),
    exportCommand(),
    applyCommand(),
    versions(),
    rollbackCommand(),
    check(),
  ]);

interface At {
  at?: number;
}

const withVersion = (made: Command) =>
  made.option('--at <version>', 'as it was in this version', reading(readCount));

const catalogAt = async (db: Drizzle, { at }: At): Promise<CurrentCatalog> =>
  at === undefined ? readCatalog(db) : { version: at, document: await readVersion(db, at) };

const show = () =>
  withVersion(command('show', 'All upstreams, models and routes.', 'catalog show')).action(
    act<At>(async ({ db, options }) => {
      const { version, document } = await catalogAt(db, options);
      return { json: { version, ...document }, text: `Version ${version}\n\n${wholeText(document)}` };
    }),
  );

const wholeText = (document: CatalogDocument) =>
  [upstreamTable(document), modelTable(document), routeTable(document.routes)].join('\n');

const exportCommand = () =>
  withVersion(
    command(
      'export',
      'Print the catalog as JSON, to be kept, edited and applied again.',
      'catalog export --at 12',
    ),
  ).action(
    act<At>(async ({ db, options }) => {
      const { document } = await catalogAt(db, options);
      return { json: document, text: `${JSON.stringify(document, null, 2)}\n` };
    }),
  );

const versions = () =>
  command('versions', 'The versions that the catalog had, the newest last.', 'catalog versions').action(
    act(async ({ db }) => {
      const kept = await listVersions(db);
      const rows = kept.map((each) => [
        String(each.version),
        localTime(each.createdAt, 'UTC'),
        each.upstreams,
        each.models,
        each.routes,
        each.note,
      ]);
      const titles = ['VERSION', 'SINCE (UTC)', 'UPSTREAMS', 'MODELS', 'ROUTES', 'NOTE'];
      const text = kept.length === 0 ? 'Nothing was changed from here yet.\n' : table(titles, rows);
      return { json: { versions: kept }, text };
    }),
  );

const check = () =>
  command(
    'check',
    'Find what is wrong with the catalog, whoever wrote it; 1 where something is.',
    'catalog check',
  ).action(
    act(async ({ db }) => {
      const problems = checkCatalog((await readCatalog(db)).document);
      const text = problems.map((problem) => `${problemLine(problem)}\n`).join('');
      return {
        json: { problems },
        text: text === '' ? 'The catalog is right.\n' : text,
        failed: problems.some(({ severity }) => severity === 'error'),
      };
    }),
  );
