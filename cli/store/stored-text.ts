import type { Collected, ShownModel, StoredModel } from '#shared/model-store-client/store-answers.ts';
import { card, table } from '../table.ts';
import { showBytes } from './measures.ts';

export const storedTable = (models: readonly StoredModel[]): string =>
  models.length === 0
    ? 'The store is empty.\n'
    : table(
        ['MODEL', 'SIZE', 'DIGEST', 'QUANTISATION', 'MODIFIED'],
        models.map(({ name, size, digest, details, modified_at: modifiedAt }) => [
          name,
          showBytes(size),
          digest.replace(/^sha256:/, '').slice(0, 12),
          details?.quantization_level ?? null,
          modifiedAt.slice(0, 16).replace('T', ' '),
        ]),
      );

/** With its texts below, each under its title. */
export function shownText(name: string, model: ShownModel): string {
  const { details, capabilities, modified_at: modifiedAt = null } = model;
  const facts = card([
    ['model', name],
    ['format', details?.format ?? null],
    ['family', details?.family ?? null],
    ['parameters', details?.parameter_size ?? null],
    ['quantisation', details?.quantization_level ?? null],
    ['capabilities', capabilities?.join(', ') ?? null],
    ['modified', modifiedAt],
  ]);
  const texts = (['parameters', 'system', 'template'] as const).flatMap((title) =>
    model[title] ? [`\n${title.toUpperCase()}\n${printable(model[title])}\n`] : [],
  );
  return facts + texts.join('');
}

export function collectedText({ removed, bytes }: Collected, isDryRun: boolean): string {
  if (removed.length === 0) return 'There is nothing to remove.\n';
  const rows = removed.map((each) => [each.path, showBytes(each.bytes), each.reason ?? null]);
  return `${table(['FILE', 'SIZE', 'WHY'], rows)}${showBytes(bytes)} ${isDryRun ? 'would be freed' : 'freed'}.\n`;
}

/** What somebody else wrote: nothing of it moves the cursor. */
const printable = (text: string) => text.trimEnd().replaceAll(/[^\P{Cc}\n\t]/gu, '�');
