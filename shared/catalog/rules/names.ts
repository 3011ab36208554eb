import { type CatalogDocument, type ModelEntry, routeName } from '../document.ts';
import { atModel, atRoute, atUpstream, error, type Problem } from '../problem.ts';

/** An upstream, a model and a route are each known by one name, and stand in the catalog once. */
export function nothingTwice({ upstreams, models, routes }: CatalogDocument): Problem[] {
  const twice = 'stands there twice';
  return [
    ...again(upstreams, ({ name }) => name).map(({ name }) => error(atUpstream(name), twice)),
    ...again(models, ({ name }) => name).map(({ name }) => error(atModel(name), twice)),
    ...again(routes, routeName).map((route) => error(atRoute(route), twice)),
  ];
}

/** Of the models that callers can ask for: no further name of one is a name of another, or stands there twice. */
export function aliasesAreFree({ models }: CatalogDocument): Problem[] {
  const active = models.filter(isActive);
  const names = new Set(active.map(({ name }) => name));
  const all = active.flatMap((model) => model.aliases.map((alias) => ({ alias, model: model.name })));
  const taken = all.filter(({ alias }) => names.has(alias));
  return [
    ...taken.map(({ alias, model }) =>
      error(atModel(model, 'aliases'), `'${alias}' is the name of ${alias === model ? 'itself' : 'a model'}`),
    ),
    ...again(all, ({ alias }) => alias).map(({ alias, model }) => {
      const other = all.find((each) => each.alias === alias)!.model;
      const owner = other === model ? 'stands there twice' : `is an alias of '${other}', too`;
      return error(atModel(model, 'aliases'), `'${alias}' ${owner}`);
    }),
  ];
}

const LATEST = ':latest';

/** To Ollama's users `x` and `x:latest` are one name; so they are here, and lead to one model. */
export function latestIsClear({ models }: CatalogDocument): Problem[] {
  const owners = new Map(
    models.filter(isActive).flatMap(({ name, aliases }) => [name, ...aliases].map((each) => [each, name])),
  );
  return [...owners].flatMap(([long, owner]) => {
    const short = long.endsWith(LATEST) ? long.slice(0, -LATEST.length) : undefined;
    const other = short === undefined ? undefined : owners.get(short);
    if (other === undefined || other === owner) return [];
    return error(atModel(owner), `'${long}' is '${short}' to Ollama's users, which is the model '${other}'`);
  });
}

const isActive = ({ status }: ModelEntry) => status === 'active';

/** Those whose name an earlier one has. */
function again<Entry>(entries: readonly Entry[], nameOf: (entry: Entry) => string): Entry[] {
  const seen = new Set<string>();
  return entries.filter((entry) => {
    const isKnown = seen.has(nameOf(entry));
    seen.add(nameOf(entry));
    return isKnown;
  });
}
