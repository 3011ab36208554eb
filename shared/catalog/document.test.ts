import { getTableColumns } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { models, routes, upstreams } from '../db/schema.ts';
import { aDocument } from '../fixtures/catalog-documents.ts';
import { CatalogDocument, inOrder } from './document.ts';

/** What the tables have for themselves. */
const OWN = ['id', 'createdAt'];
const RENAMED: Record<string, string> = {
  upstreamId: 'upstream',
  connectTimeoutMs: 'timeouts',
  firstPieceTimeoutMs: 'timeouts',
  idleTimeoutMs: 'timeouts',
  totalTimeoutMs: 'timeouts',
};

describe('the document of the catalog', () => {
  it.each([
    ['upstreams', upstreams],
    ['models', models],
    ['routes', routes],
  ] as const)(
    'has a field for each column of %s: else export, apply and rollback would lose it',
    (section, table) => {
      const columns = Object.keys(getTableColumns(table)).filter((column) => !OWN.includes(column));
      const fields = Object.keys(CatalogDocument.shape[section].element.shape);
      expect([...new Set(columns.map((column) => RENAMED[column] ?? column))].toSorted()).toEqual(
        fields.toSorted(),
      );
    },
  );

  it('has one order', () => {
    const {
      upstreams: [upstream],
      models: [model],
      routes: [route],
    } = aDocument();
    const mixed = {
      upstreams: ['b', 'B', 'a'].map((name) => ({ ...upstream!, name })),
      models: ['é', 'z', 'a'].map((name) => ({ ...model!, name })),
      routes: ['2', '10', '1'].map((upstreamModel) => ({ ...route!, upstreamModel })),
    };
    const ordered = inOrder(mixed);
    expect(ordered.upstreams.map(({ name }) => name)).toEqual(['B', 'a', 'b']);
    expect(ordered.models.map(({ name }) => name)).toEqual(['a', 'z', 'é']);
    expect(ordered.routes.map(({ upstreamModel }) => upstreamModel)).toEqual(['1', '10', '2']);
  });
});
