import type { Command } from 'commander';
import { changeCatalog } from '#shared/catalog/change.ts';
import { entryNamed, routesOf, withRemoved } from '#shared/catalog/edits.ts';
import { readCatalog } from '#shared/catalog/read-document.ts';
import { Refusal } from '#shared/tenancy/refusal.ts';
import { act } from '../act.ts';
import { changeAnswer, changeOptions } from '../catalog-answer.ts';
import { type ChangeWords, changing } from '../catalog-options.ts';
import { routeTable, upstreamCard, upstreamTable } from '../catalog-text.ts';
import { command, group } from '../group.ts';
import { addUpstreamCommand, setUpstreamCommand } from './upstreams-set.ts';

export const upstreamsCommand = (): Command =>
  group('upstreams', 'Where models are served: Ollamas, and OpenAI-compatible services.', [
    list(),
    show(),
    addUpstreamCommand(),
    setUpstreamCommand(),
    remove(),
  ]);

const list = () =>
  command('list', 'All upstreams.', 'upstreams list').action(
    act(async ({ db }) => {
      const { document } = await readCatalog(db);
      return { json: { upstreams: document.upstreams }, text: upstreamTable(document) };
    }),
  );

const show = () =>
  command('show', 'One upstream, with the routes that lead to it.', 'upstreams show gpu-1')
    .argument('<upstream>')
    .action(
      act<object, [string]>(async ({ db, words: [name] }) => {
        const { document } = await readCatalog(db);
        const upstream = entryNamed(document, 'upstreams', name);
        const routes = routesOf(document, 'upstreams', name);
        return { json: { upstream, routes }, text: `${upstreamCard(upstream)}\n${routeTable(routes)}` };
      }),
    );

const remove = () =>
  changing(
    command(
      'remove',
      'Take an upstream out of the catalog. Receipts still name it.',
      'upstreams remove gpu-1 --recursive',
    ),
  )
    .argument('<upstream>')
    .option('--recursive', 'the routes that lead to it, too')
    .action(
      act<ChangeWords & { recursive?: true }, [string]>(async ({ db, words: [name], options }) => {
        const change = await changeCatalog(
          db,
          (document) => {
            const led = routesOf(document, 'upstreams', name);
            if (led.length > 0 && !options.recursive) throw stillUsed(name, led);
            return withRemoved(document, 'upstreams', name);
          },
          changeOptions(`upstreams remove ${name}`, options),
        );
        return changeAnswer(change, options);
      }),
    );

const stillUsed = (name: string, routes: readonly { model: string }[]) =>
  new Refusal(
    'wrong_state',
    `Routes lead to '${name}', from ${routes.map(({ model }) => model).join(', ')}. Remove them first, or with it: --recursive.`,
  );
