import type { CatalogChange, ChangeOptions } from '#shared/catalog/change.ts';
import { areNone, type Difference, type Differences } from '#shared/catalog/differences.ts';
import { type Problem, showProblem } from '#shared/catalog/problem.ts';
import type { Answer } from './act.ts';
import type { ChangeWords } from './catalog-options.ts';
import { table } from './table.ts';

/** What a change is made with; unless somebody says why, the command is the note. */
export const changeOptions = (command: string, { note, dryRun = false }: ChangeWords): ChangeOptions => ({
  note: note ?? command,
  dryRun,
});

/** What a command says that has changed the catalog, or would. */
export function changeAnswer(change: CatalogChange, { dryRun = false }: ChangeWords): Answer {
  const { version, differences, retired, problems } = change;
  const isSame = areNone(differences);
  const json = { version, changed: !isSame && !dryRun, changes: listed(differences), retired, problems };
  return {
    json,
    text: isSame ? '' : differenceTable(differences),
    notes: [
      ...(retired.length === 0
        ? []
        : [`Prices name ${retired.join(', ')}: kept, disabled and without routes.`]),
      ...problems.map(problemLine),
      isSame ? 'Nothing differs, and nothing was changed.' : doneNote(version, dryRun),
    ],
  };
}

export const problemLine = (problem: Problem): string =>
  `${problem.severity === 'error' ? 'Error' : 'Warning'}: ${showProblem(problem)}.`;

const doneNote = (version: number, dryRun: boolean) =>
  dryRun ? 'Nothing was changed yet.' : `The catalog is at version ${version}.`;

const listed = ({ upstreams, models, routes }: Differences) => [
  ...upstreams.map((each) => ({ kind: 'upstream' as const, ...each })),
  ...models.map((each) => ({ kind: 'model' as const, ...each })),
  ...routes.map((each) => ({ kind: 'route' as const, ...each })),
];

function differenceTable(differences: Differences): string {
  const rows = listed(differences).map((each) => [actionOf(each), each.kind, each.name, fieldsOf(each)]);
  return table(['CHANGE', 'OF', 'NAME', 'FIELDS'], rows);
}

function actionOf({ before, after }: Difference<object>): string {
  if (before && after) return 'changed';
  return after ? 'added' : 'removed';
}

function fieldsOf({ before = {}, after }: Difference<object>): string {
  if (!after) return '';
  const [old, wanted] = [before, after] as Record<string, unknown>[];
  return [...new Set([...Object.keys(old!), ...Object.keys(wanted!)])]
    .map((field) => ({ field, from: shown(old![field]), to: shown(wanted![field]) }))
    .filter(({ field, from, to }) => from !== to && field !== 'name')
    .map(
      ({ field, from, to }) => `${field} ${before === undefined || from === 'none' ? '' : `${from} → `}${to}`,
    )
    .join(', ');
}

function shown(value: unknown): string {
  if (value === undefined) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(' ');
  if (typeof value !== 'object') return String(value);
  const parts = Object.entries(value as object).filter(([, each]) => shown(each) !== 'none');
  return parts.length === 0 ? 'none' : parts.map(([name, each]) => `${name}=${shown(each)}`).join(' ');
}
