import { Refusal } from '../tenancy/refusal.ts';
import { type CatalogDocument, type CatalogDraft, type RouteEntry, routeName } from './document.ts';

type Section = keyof CatalogDraft;
type Entry<In extends Section> = CatalogDraft[In][number];
/** What is absent stays; null takes away what there was. */
export type EntryChange<In extends Section> = { [Field in keyof Entry<In>]?: Entry<In>[Field] | null };

const WORDS: Record<Section, string> = { upstreams: 'upstream', models: 'model', routes: 'route' };

const nameOf = (entry: Entry<Section>): string => ('name' in entry ? entry.name : routeName(entry));

/** @throws Refusal when there is one of this name */
export function withAdded<In extends Section>(
  document: CatalogDraft,
  section: In,
  given: EntryChange<In>,
): CatalogDraft {
  const entry = withoutNull(given) as Entry<In>;
  const name = nameOf(entry);
  if (document[section].some((each) => nameOf(each) === name))
    throw new Refusal('wrong_state', `The catalog has the ${WORDS[section]} '${name}' already.`);
  return { ...document, [section]: [...document[section], entry] };
}

/** @throws Refusal when there is none of this name */
export function withChanged<In extends Section>(
  document: CatalogDraft,
  section: In,
  name: string,
  change: EntryChange<In>,
): CatalogDraft {
  const before = entryNamed(document, section, name);
  const after = withoutNull({ ...before, ...change });
  return { ...document, [section]: document[section].map((each) => (each === before ? after : each)) };
}

const withoutNull = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));

/** Without an entry, and without the routes that begin or end there. @throws Refusal when there is none of this name */
export function withRemoved(document: CatalogDraft, section: Section, name: string): CatalogDraft {
  const gone = entryNamed(document, section, name);
  const left = { ...document, [section]: document[section].filter((each) => each !== gone) };
  return { ...left, routes: left.routes.filter((route) => !touches(route, section, name)) };
}

/** The routes that begin or end at an entry. */
export const routesOf = ({ routes }: CatalogDocument, section: Section, name: string): RouteEntry[] =>
  routes.filter((route) => touches(route, section, name));

const touches = (route: { model: string; upstream: string }, section: Section, name: string) =>
  (section === 'models' && route.model === name) || (section === 'upstreams' && route.upstream === name);

/** @throws Refusal when there is none of this name */
export function entryNamed<In extends Section, Document extends Pick<CatalogDraft, In>>(
  document: Document,
  section: In,
  name: string,
): Document[In][number] {
  const found = document[section].find((each) => nameOf(each) === name);
  if (found) return found;
  throw new Refusal('not_found', `The catalog has no ${WORDS[section]} '${name}'.`);
}

/**
 * The one route of a model to an upstream, or that to a certain model there.
 *
 * @throws Refusal when there is none, or when there are several
 */
export function findRoute(
  { routes }: Pick<CatalogDocument, 'routes'>,
  { model, upstream, upstreamModel }: { model: string; upstream: string; upstreamModel?: string | undefined },
): RouteEntry {
  const found = routes.filter((route) => route.model === model && route.upstream === upstream);
  const meant = found.filter((route) => (upstreamModel ?? route.upstreamModel) === route.upstreamModel);
  if (meant.length === 1) return meant[0]!;
  if (meant.length === 0)
    throw new Refusal(
      'not_found',
      `The catalog has no route from '${model}' to '${upstream}'${asThere(upstreamModel)}.`,
    );
  const which = meant.map((route) => route.upstreamModel).join(', ');
  throw new Refusal(
    'ambiguous',
    `Several routes lead from '${model}' to '${upstream}', as ${which}: say which.`,
  );
}

const asThere = (upstreamModel: string | undefined) =>
  upstreamModel === undefined ? '' : ` as '${upstreamModel}'`;
