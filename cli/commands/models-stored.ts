import type { CatalogDocument } from '#shared/catalog/document.ts';
import { readCatalog } from '#shared/catalog/read-document.ts';
import { readDuration } from '#shared/tenancy/expiry.ts';
import { Refusal } from '#shared/tenancy/refusal.ts';
import { actOnStore } from '../act-on-store.ts';
import { command } from '../group.ts';
import { reading } from '../reading.ts';
import { isSameModel } from '../store/same-model.ts';
import { collectedText, shownText, storedTable } from '../store/stored-text.ts';

/** `models list --stored` */
export const listStored = actOnStore(async ({ store }) => {
  const models = await store.models();
  return { json: { models }, text: storedTable(models) };
});

/** `models show --stored` */
export const showStored = actOnStore<object, [string]>(async ({ store, words: [name] }) => {
  const model = await store.show(name);
  return { json: { model }, text: shownText(name, model) };
});

export const removeStoredCommand = () =>
  command(
    'rm',
    'Take a model out of the store. Its files go when nobody can be using them: see models gc.',
    'models rm qwen3:8b',
  )
    .argument('<name>')
    .option('--force', 'although a route of the catalog leads to it')
    .action(
      actOnStore<{ force?: true }, [string]>(async ({ store, inDatabase, words: [name], options }) => {
        if (!options.force) assertUnused(name, (await inDatabase(readCatalog)).document);
        await store.remove(name);
        return { json: { removed: name }, text: `Removed ${name}.\n` };
      }),
    );

/** @throws Refusal while calls may be sent to it */
function assertUnused(name: string, { upstreams, models, routes }: CatalogDocument): void {
  const isActive = (entries: readonly { name: string; status: string }[], wanted: string) =>
    entries.some((entry) => entry.name === wanted && entry.status === 'active');
  const used = routes.filter(
    ({ model, upstream, upstreamModel }) =>
      isSameModel(upstreamModel, name) &&
      isActive(models, model) &&
      isActive(
        upstreams.filter(({ backend }) => backend === 'ollama'),
        upstream,
      ),
  );
  if (used.length === 0) return;
  const where = used.map(({ model, upstream }) => `${model} → ${upstream}`).join(', ');
  throw new Refusal(
    'wrong_state',
    `Calls are sent to '${name}': ${where}. Take the route away, or give --force.`,
  );
}

export const collectCommand = () =>
  command(
    'gc',
    'Remove files of the store that no model names, no job wants and that are older than the grace.',
    'models gc --dry-run',
  )
    .option('--dry-run', 'show what would go, and remove nothing')
    .option(
      '--grace <time>',
      'as 7d: more than an Ollama that may have them open lives (as model-pull is set up)',
      reading(readDuration),
    )
    .action(
      actOnStore<{ dryRun?: true; grace?: number }>(async ({ store, options: { dryRun = false, grace } }) => {
        const collected = await store.collect({ dryRun, graceMs: grace });
        return { json: collected, text: collectedText(collected, dryRun) };
      }),
    );
