import type { Command } from 'commander';
import { listPrices, type Price, PriceWish, setPrice } from '#shared/tenancy/price.ts';
import { readYuan, showYuan } from '#shared/tenancy/yuan.ts';
import { act } from '../act.ts';
import { command, group } from '../group.ts';
import { checked, reading } from '../reading.ts';
import { table } from '../table.ts';
import { localTime } from '../words.ts';

export const pricesCommand = (): Command =>
  group('prices', 'What models cost. A call pays the price of its admission, whatever comes later.', [
    set(),
    list(),
  ]);

const set = () =>
  command('set', 'Price a model, as a new version.', 'prices set qwen3:8b --input 0.5 --output 2')
    .argument('<model>')
    .requiredOption(
      '--input <yuan>',
      'per million tokens of prompts, with at most 6 decimals',
      reading(readYuan),
    )
    .requiredOption('--output <yuan>', 'per million tokens of answers', reading(readYuan))
    .action(
      act<{ input: number; output: number }, [string]>(
        async ({ db, words: [model], options: { input, output } }) => {
          const { price, isNew } = await setPrice(db, checked(PriceWish, { model, input, output }));
          const notes = isNew ? [] : ['It has this price already: nothing was changed.'];
          return { json: { price, isNew }, text: priceTable([price]), notes };
        },
      ),
    );

const list = () =>
  command('list', 'All versions of all prices.', 'prices list --model qwen3:8b')
    .option('--model <model>', 'of this one alone')
    .action(
      act<{ model?: string }>(async ({ db, options: { model } }) => {
        const prices = await listPrices(db, model);
        return {
          json: { prices },
          text: prices.length === 0 ? 'There are no prices.\n' : priceTable(prices),
        };
      }),
    );

const priceTable = (prices: readonly Price[]) =>
  table(
    ['MODEL', 'VERSION', 'INPUT', 'OUTPUT', 'SINCE (UTC)', ''],
    prices.map((price) => [
      price.model,
      price.version,
      `${showYuan(price.input)} yuan/M`,
      `${showYuan(price.output)} yuan/M`,
      localTime(price.createdAt, 'UTC'),
      price.current ? 'current' : '',
    ]),
  );
