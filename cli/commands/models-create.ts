import process from 'node:process';
import { Option } from 'commander';
import { actOnStore } from '../act-on-store.ts';
import { command } from '../group.ts';
import {
  type AdditionOptions,
  additionsIn,
  readText,
  withAdditionOptions,
} from '../store/addition-options.ts';

interface Options extends AdditionOptions {
  from: string;
  license?: string;
  think?: 'always';
}

export const createModelCommand = () =>
  withAdditionOptions(
    command(
      'create',
      'Make another model of one that is in the store, sharing its files.',
      'models create qwen3:8b-long --from qwen3:8b --parameter num_ctx=32768',
    )
      .argument('<name>')
      .requiredOption('--from <base>', 'the model that it is made of'),
  )
    .option('--license <file>', 'a licence that it has besides')
    .addOption(new Option('--think <when>', 'have every answer begin with a thought').choices(['always']))
    .action(
      actOnStore<Options, [string]>(async ({ store, words: [model], options, asJson, interrupted }) => {
        const { from, license, think } = options;
        const wish = {
          model,
          from,
          ...(await additionsIn(options)),
          ...(license !== undefined && { license: [await readText(license)] }),
          ...(think && { think }),
        };
        const said: string[] = [];
        for await (const status of store.create(wish, interrupted)) {
          said.push(status);
          if (!asJson) process.stderr.write(`${status}\n`);
        }
        return { json: { created: model, said }, text: '' };
      }),
    );
