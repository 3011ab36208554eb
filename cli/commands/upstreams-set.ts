import { changeCatalog } from '#shared/catalog/change.ts';
import type { UpstreamEntry } from '#shared/catalog/document.ts';
import { entryNamed, withAdded, withChanged } from '#shared/catalog/edits.ts';
import { act } from '../act.ts';
import { changeAnswer, changeOptions } from '../catalog-answer.ts';
import { assertSomething, type ChangeWords, changing } from '../catalog-options.ts';
import { command } from '../group.ts';
import { type UpstreamOptions, upstreamChange, withUpstreamOptions } from '../upstream-options.ts';

type Options = UpstreamOptions & ChangeWords;

const NOTHING_YET: Pick<UpstreamEntry, 'headers' | 'timeouts'> = {
  headers: { rename: {}, remove: [], set: {} },
  timeouts: {},
};

export const addUpstreamCommand = () =>
  changing(
    withUpstreamOptions(
      command(
        'add',
        'Enter an upstream.',
        'upstreams add gpu-1 --backend ollama --address http://gpu-1:11434 --slots 4 --first-piece-timeout 2m',
      ),
    ),
  )
    .argument('<name>')
    .action(
      act<Options, [string]>(async ({ db, words: [name], options }) => {
        const given = upstreamChange(options, NOTHING_YET);
        const change = await changeCatalog(
          db,
          (document) => withAdded(document, 'upstreams', { name, ...given }),
          changeOptions(`upstreams add ${name}`, options),
        );
        return changeAnswer(change, options);
      }),
    );

export const setUpstreamCommand = () =>
  changing(
    withUpstreamOptions(
      command(
        'set',
        'Change an upstream. Its name stays: receipts know it by that.',
        'upstreams set gpu-1 --slots 8 --set-header x-team=research',
      ),
    ),
  )
    .argument('<upstream>')
    .action(
      act<Options, [string]>(async ({ db, words: [name], options }) => {
        assertSomething(upstreamChange(options, NOTHING_YET));
        const change = await changeCatalog(
          db,
          (document) => {
            const before = entryNamed(document, 'upstreams', name);
            return withChanged(document, 'upstreams', name, upstreamChange(options, before));
          },
          changeOptions(`upstreams set ${name}`, options),
        );
        return changeAnswer(change, options);
      }),
    );
