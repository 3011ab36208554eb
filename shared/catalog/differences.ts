import { isDeepStrictEqual } from 'node:util';
import {
  type CatalogDocument,
  type ModelEntry,
  type RouteEntry,
  routeName,
  type UpstreamEntry,
} from './document.ts';

/** What becomes of one entry: absent before, it is new; absent after, it is gone. */
export interface Difference<Entry> {
  name: string;
  before?: Entry;
  after?: Entry;
}

export interface Differences {
  upstreams: Difference<UpstreamEntry>[];
  models: Difference<ModelEntry>[];
  routes: Difference<RouteEntry>[];
}

export const differences = (before: CatalogDocument, after: CatalogDocument): Differences => ({
  upstreams: differ(before.upstreams, after.upstreams, ({ name }) => name),
  models: differ(before.models, after.models, ({ name }) => name),
  routes: differ(before.routes, after.routes, routeName),
});

export const areNone = ({ upstreams, models, routes }: Differences): boolean =>
  upstreams.length + models.length + routes.length === 0;

function differ<Entry>(
  before: readonly Entry[],
  after: readonly Entry[],
  nameOf: (entry: Entry) => string,
): Difference<Entry>[] {
  const [old, wanted] = [before, after].map(
    (entries) => new Map(entries.map((each) => [nameOf(each), each])),
  );
  const names = [...new Set([...old!.keys(), ...wanted!.keys()])].toSorted();
  return names.flatMap((name) => {
    const [one, other] = [old!.get(name), wanted!.get(name)];
    if (isDeepStrictEqual(one, other)) return [];
    return { name, ...(one !== undefined && { before: one }), ...(other !== undefined && { after: other }) };
  });
}
