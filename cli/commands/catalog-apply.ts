import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { changeCatalog, rollBackCatalog } from '#shared/catalog/change.ts';
import { readDocument } from '#shared/catalog/read-document.ts';
import { act } from '../act.ts';
import { changeAnswer, changeOptions } from '../catalog-answer.ts';
import { type ChangeWords, changing, readCount } from '../catalog-options.ts';
import { UsageError } from '../failure.ts';
import { command } from '../group.ts';
import { givenOnly, reading } from '../reading.ts';

export const applyCommand = () =>
  changing(
    command(
      'apply',
      'Make the catalog what a document says, which is all of it: what is not there is removed.',
      'catalog apply catalog.json --dry-run',
    ),
  )
    .argument('<file>', 'as export prints it; - for standard input')
    .option(
      '--if-version <version>',
      'only if it is still at this version (see catalog show)',
      reading(readCount),
    )
    .action(
      act<ChangeWords & { ifVersion?: number }, [string]>(async ({ db, words: [file], options }) => {
        const wanted = readDocument(await contentOf(file));
        const { ifVersion } = options;
        const change = await changeCatalog(db, () => wanted, {
          ...changeOptions(`catalog apply ${file}`, options),
          ...givenOnly({ ifVersion }),
        });
        return changeAnswer(change, options);
      }),
    );

export const rollbackCommand = () =>
  changing(
    command(
      'rollback',
      'Make the catalog what it was in a version. This makes a version, too.',
      'catalog rollback 12',
    ),
  )
    .argument('<version>', 'as catalog versions shows it', reading(readCount))
    .action(
      act<ChangeWords, [number]>(async ({ db, words: [version], options }) => {
        const change = await rollBackCatalog(
          db,
          version,
          changeOptions(`catalog rollback ${version}`, options),
        );
        return changeAnswer(change, options);
      }),
    );

async function contentOf(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
