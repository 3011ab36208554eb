import type { Command } from 'commander';
import { changeCatalog } from '#shared/catalog/change.ts';
import { routeName } from '#shared/catalog/document.ts';
import { findRoute, withAdded, withChanged, withRemoved } from '#shared/catalog/edits.ts';
import { readCatalog } from '#shared/catalog/read-document.ts';
import { act } from '../act.ts';
import { changeAnswer, changeOptions } from '../catalog-answer.ts';
import { assertSomething, type ChangeWords, changing } from '../catalog-options.ts';
import { routeTable } from '../catalog-text.ts';
import { command, group } from '../group.ts';
import { givenOnly } from '../reading.ts';
import { type RouteOptions, routeChange, withRouteOptions } from '../route-options.ts';

type Ends = [model: string, upstream: string];
type Which = ChangeWords & { upstreamModel?: string };

export const routesCommand = (): Command =>
  group('routes', 'Which upstreams serve a model, in which order and shares.', [
    list(),
    add(),
    set(),
    remove(),
  ]);

const withEnds = (made: Command, upstreamModel: string) =>
  made
    .argument('<model>', 'its name, not an alias')
    .argument('<upstream>')
    .option('--upstream-model <name>', upstreamModel);

const list = () =>
  command('list', 'All routes.', 'routes list --model qwen3:8b')
    .option('--model <model>', 'of this one alone')
    .option('--upstream <upstream>', 'to this one alone')
    .action(
      act<{ model?: string; upstream?: string }>(async ({ db, options: { model, upstream } }) => {
        const { document } = await readCatalog(db);
        const routes = document.routes.filter(
          (route) =>
            (model ?? route.model) === route.model && (upstream ?? route.upstream) === route.upstream,
        );
        return { json: { routes }, text: routeTable(routes) };
      }),
    );

const add = () =>
  changing(
    withRouteOptions(
      withEnds(
        command(
          'add',
          'Let an upstream serve a model.',
          'routes add qwen3:8b gpu-1 --upstream-model qwen3:8b-q8_0 --weight 2 --context-steps 8192,32768',
        ),
        'what the model is called there (the same)',
      ),
    ),
  ).action(
    act<RouteOptions & Which, Ends>(async ({ db, words: [model, upstream], options }) => {
      const { upstreamModel = model } = options;
      const given = routeChange(options);
      const change = await changeCatalog(
        db,
        (document) => withAdded(document, 'routes', { model, upstream, upstreamModel, ...given }),
        changeOptions(`routes add ${model} ${upstream}`, options),
      );
      return changeAnswer(change, options);
    }),
  );

const WHICH = 'which, where several lead there: what the model is called there';

const set = () =>
  changing(
    withRouteOptions(
      withEnds(
        command('set', 'Change a route.', 'routes set qwen3:8b gpu-1 --tier 1 --canary-percent none'),
        WHICH,
      ),
    ),
  )
    .option('--new-upstream-model <name>', 'what the model is called there from now on')
    .action(
      act<RouteOptions & Which & { newUpstreamModel?: string }, Ends>(
        async ({ db, words: [model, upstream], options }) => {
          const { upstreamModel, newUpstreamModel } = options;
          const given = { ...routeChange(options), ...givenOnly({ upstreamModel: newUpstreamModel }) };
          assertSomething(given);
          const change = await changeCatalog(
            db,
            (document) => {
              const route = findRoute(document, { model, upstream, upstreamModel });
              return withChanged(document, 'routes', routeName(route), given);
            },
            changeOptions(`routes set ${model} ${upstream}`, options),
          );
          return changeAnswer(change, options);
        },
      ),
    );

const remove = () =>
  changing(withEnds(command('remove', 'Take a route away.', 'routes remove qwen3:8b gpu-1'), WHICH)).action(
    act<Which, Ends>(async ({ db, words: [model, upstream], options }) => {
      const { upstreamModel } = options;
      const change = await changeCatalog(
        db,
        (document) => {
          const route = findRoute(document, { model, upstream, upstreamModel });
          return withRemoved(document, 'routes', routeName(route));
        },
        changeOptions(`routes remove ${model} ${upstream}`, options),
      );
      return changeAnswer(change, options);
    }),
  );
