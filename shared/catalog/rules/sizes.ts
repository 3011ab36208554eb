import type { CatalogDocument, ModelEntry } from '../document.ts';
import { atModel, error, type Problem } from '../problem.ts';

/** Each not above the next one that is known; what a model embeds has no output. */
const ASCENDING = ['minOutput', 'defaultOutput', 'maxOutputTokens', 'contextTokens'] as const;

export const outputsFit = ({ models }: CatalogDocument): Problem[] =>
  models.filter(({ kind }) => kind === 'chat').flatMap(misfits);

function misfits(model: ModelEntry): Problem[] {
  const known = ASCENDING.filter((field) => model[field] !== undefined);
  return known.flatMap((field, index) => {
    const next = known[index + 1];
    if (next === undefined || model[field]! <= model[next]!) return [];
    return error(atModel(model.name, field), `${model[field]} is more than ${next}, ${model[next]}`);
  });
}
