import type { CatalogDocument } from '../document.ts';
import { atModel, type Problem, warning } from '../problem.ts';

/** A model that callers are shown and that is served nowhere answers 503: perhaps for a while on purpose. */
export function eachIsServed({ upstreams, models, routes }: CatalogDocument): Problem[] {
  const active = new Set(upstreams.filter(({ status }) => status === 'active').map(({ name }) => name));
  return models
    .filter(({ status }) => status === 'active')
    .flatMap(({ name }) => {
      const own = routes.filter(({ model }) => model === name);
      if (own.length === 0) return warning(atModel(name), 'no route leads anywhere from it');
      if (own.some(({ upstream }) => active.has(upstream))) return [];
      return warning(atModel(name), 'all upstreams that it is served by are disabled');
    });
}
