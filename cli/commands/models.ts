import type { Command } from 'commander';
import { changeCatalog } from '#shared/catalog/change.ts';
import { entryNamed, routesOf, withAdded, withChanged, withRemoved } from '#shared/catalog/edits.ts';
import { readCatalog } from '#shared/catalog/read-document.ts';
import { act } from '../act.ts';
import { changeAnswer, changeOptions } from '../catalog-answer.ts';
import { assertSomething, type ChangeWords, changing } from '../catalog-options.ts';
import { modelCard, modelTable, routeTable } from '../catalog-text.ts';
import { command, group } from '../group.ts';
import { type ModelOptions, modelChange, withModelOptions } from '../model-options.ts';
import { createModelCommand } from './models-create.ts';
import { listJobsCommand, retryJobCommand, stopJobCommand, watchJobCommand } from './models-jobs.ts';
import { mirrorModelCommand, pullModelCommand } from './models-pull.ts';
import { collectCommand, listStored, removeStoredCommand, showStored } from './models-stored.ts';

type Options = ModelOptions & ChangeWords;

export const modelsCommand = (): Command =>
  group('models', 'The names that callers ask for; and the models of the store, which pulls bring.', [
    list(),
    show(),
    add(),
    set(),
    remove(),
    pullModelCommand(),
    listJobsCommand(),
    watchJobCommand(),
    stopJobCommand(),
    retryJobCommand(),
    createModelCommand(),
    removeStoredCommand(),
    collectCommand(),
    mirrorModelCommand(),
  ]);

type Action = (...args: unknown[]) => Promise<void>;

/** An action of the catalog that is another with `--stored`, of the store. */
const orStored =
  (ofCatalog: Action, ofStore: Action): Action =>
  (...args) =>
    (args.at(-1) as Command).opts<{ stored?: true }>().stored ? ofStore(...args) : ofCatalog(...args);

const list = () =>
  command('list', 'All models.', 'models list')
    .option('--stored', 'those of the store, with their sizes')
    .action(
      orStored(
        act(async ({ db }) => {
          const { document } = await readCatalog(db);
          return { json: { models: document.models }, text: modelTable(document) };
        }),
        listStored,
      ),
    );

const show = () =>
  command('show', 'One model, with its routes.', 'models show qwen3:8b')
    .argument('<model>')
    .option('--stored', 'of the store, as Ollama shows it')
    .action(
      orStored(
        act<object, [string]>(async ({ db, words: [name] }) => {
          const { document } = await readCatalog(db);
          const model = entryNamed(document, 'models', name);
          const routes = routesOf(document, 'models', name);
          return { json: { model, routes }, text: `${modelCard(model)}\n${routeTable(routes)}` };
        }),
        showStored,
      ),
    );

const add = () =>
  changing(
    withModelOptions(
      command(
        'add',
        'Enter a model. Routes say where it is served.',
        'models add qwen3:8b --aliases qwen3,fast --capabilities tools,thinking --context 32768 --max-output 8192',
      ),
    ),
  )
    .argument('<name>')
    .action(
      act<Options, [string]>(async ({ db, words: [name], options }) => {
        const given = modelChange(options);
        const change = await changeCatalog(
          db,
          (document) => withAdded(document, 'models', { name, ...given }),
          changeOptions(`models add ${name}`, options),
        );
        return changeAnswer(change, options);
      }),
    );

const set = () =>
  changing(
    withModelOptions(
      command(
        'set',
        'Change a model. Its name stays: grants, prices and receipts know it by that.',
        'models set qwen3:8b --aliases fast --default-output 2048',
      ),
    ),
  )
    .argument('<model>', 'its name, not an alias')
    .action(
      act<Options, [string]>(async ({ db, words: [name], options }) => {
        const given = modelChange(options);
        assertSomething(given);
        const change = await changeCatalog(
          db,
          (document) => withChanged(document, 'models', name, given),
          changeOptions(`models set ${name}`, options),
        );
        return changeAnswer(change, options);
      }),
    );

const remove = () =>
  changing(
    command(
      'remove',
      'Take a model and its routes out of the catalog. One that has prices stays, disabled: receipts name them.',
      'models remove qwen3:8b',
    ),
  )
    .argument('<model>', 'its name, not an alias')
    .action(
      act<ChangeWords, [string]>(async ({ db, words: [name], options }) => {
        const change = await changeCatalog(
          db,
          (document) => withRemoved(document, 'models', name),
          changeOptions(`models remove ${name}`, options),
        );
        return changeAnswer(change, options);
      }),
    );
