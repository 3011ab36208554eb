import type { Command } from 'commander';
import { readCatalog } from '#shared/catalog/read-document.ts';
import { act } from '../act.ts';
import { command, group } from '../group.ts';
import { SHOWN_ONCE } from '../key-text.ts';
import { readBaseUrl } from '../lobechat/base-url.ts';
import { deployEnvironment, dotEnv, firstModel, lobechatEnvironment } from '../lobechat/environment.ts';
import { type KeyWish, keyFor } from '../lobechat/key-for.ts';
import { mistakenFor, offeredModels } from '../lobechat/offered-models.ts';
import { asIs, reading, readingEach } from '../reading.ts';

interface Options extends KeyWish {
  url: string;
  models?: string[];
  default?: string;
  deploy?: true;
}

export const lobechatCommand = (): Command =>
  group('lobechat', 'What a LobeChat needs to know of the gateway.', [environment()]);

const environment = () =>
  command(
    'env',
    'Print the lines of a .env file by which any LobeChat, 1.x or 2.x, offers the models of the catalog.',
    'lobechat env --url https://llm.example.com --key-env LOBECHAT_ROUTER_KEY',
  )
    .requiredOption('--url <address>', 'the router’s, as LobeChat reaches it', reading(readBaseUrl))
    .option(
      '--models <names>',
      'what to offer, with commas (all that are active and may be used)',
      readingEach(asIs),
    )
    .option('--default <model>', 'what a new conversation begins with (the first)')
    .option('--key-env <variable>', 'the variable of the environment that holds LobeChat’s key')
    .option('--consumer <consumer>', 'make a key named lobechat for this one, and print it, this once')
    .option('--deploy', 'for the .env of `npm run deploy`, by the names that it has there')
    .action(
      act<Options>(async ({ db, pepper, options }) => {
        const { grants, token } = await keyFor(db, pepper, options);
        const { document } = await readCatalog(db);
        const models = offeredModels(document, grants, options.models);
        const first = firstModel(models, options.default);
        const key = await token();
        const write = options.deploy ? deployEnvironment : lobechatEnvironment;
        const variables = write({ baseUrl: options.url, key, models, first });
        const warnings = mistakenFor(models);
        return {
          json: { environment: variables, warnings },
          text: dotEnv(variables),
          notes: [...warnings, ...aboutTheKey(key, options.consumer)],
        };
      }),
    );

function aboutTheKey(key: string, consumer: string | undefined): string[] {
  if (key === '') return ['There is no key yet: give LobeChat one of its own (--consumer, or --key-env).'];
  return consumer === undefined ? [] : [SHOWN_ONCE];
}
