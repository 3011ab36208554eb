import { type Command, Option } from 'commander';
import type { ModelEntry } from '#shared/catalog/document.ts';
import type { EntryChange } from '#shared/catalog/edits.ts';
import {
  givenOrNull,
  type OrNone,
  orNone,
  readCount,
  readNames,
  type StatusOptions,
  statusIn,
} from './catalog-options.ts';
import { asIs } from './reading.ts';

export interface ModelOptions extends StatusOptions {
  displayName?: OrNone<string>;
  description?: OrNone<string>;
  aliases?: OrNone<string[]>;
  kind?: ModelEntry['kind'];
  capabilities?: OrNone<ModelEntry['capabilities']>;
  context?: OrNone<number>;
  maxOutput?: OrNone<number>;
  defaultOutput?: OrNone<number>;
  minOutput?: OrNone<number>;
  imageTokens?: OrNone<number>;
}

export const withModelOptions = (made: Command): Command =>
  made
    .option('--display-name <text>', 'what people are shown; or none: its name', orNone(asIs))
    .option('--description <text>', 'a sentence about it; or none', orNone(asIs))
    .option('--aliases <names>', 'all further names that it has, with commas; or none', orNone(readNames))
    .addOption(new Option('--kind <kind>', 'what it makes (chat)').choices(['chat', 'embedding']))
    .option('--capabilities <list>', 'of tools, vision and thinking, with commas; or none', orNone(readNames))
    .option('--context <tokens>', 'prompt and answer together; or none: not known', orNone(readCount))
    .option('--max-output <tokens>', 'the longest answer; or none: as the context', orNone(readCount))
    .option(
      '--default-output <tokens>',
      'for callers who do not say how much; or none: the longest',
      orNone(readCount),
    )
    .option(
      '--min-output <tokens>',
      'an answer that can only be shorter is not begun (64)',
      orNone(readCount),
    )
    .option('--image-tokens <tokens>', 'what one image of a prompt counts (1500)', orNone(readCount))
    .option('--enable', 'let callers see and use it')
    .option('--disable', 'hide it from callers: it is not there');

export function modelChange(options: ModelOptions): EntryChange<'models'> {
  const { displayName, description, aliases, kind, capabilities, defaultOutput, minOutput, imageTokens } =
    options;
  const { context: contextTokens, maxOutput: maxOutputTokens } = options;
  return {
    ...givenOrNull({ displayName, description, aliases, kind, capabilities, defaultOutput, minOutput }),
    ...givenOrNull({ imageTokens, contextTokens, maxOutputTokens }),
    ...statusIn(options),
  };
}
