import type { Command } from 'commander';
import type { EntryChange } from '#shared/catalog/edits.ts';
import { givenOrNull, type OrNone, orNone, readCount, readCounts } from './catalog-options.ts';
import { asIs, reading } from './reading.ts';

export interface RouteOptions {
  tier?: number;
  weight?: number;
  contextSteps?: OrNone<number[]>;
  keepAlive?: OrNone<string>;
  canaryPercent?: OrNone<number>;
  canaryHeader?: OrNone<string>;
}

export const withRouteOptions = (made: Command): Command =>
  made
    .option('--tier <number>', 'lower ones are tried first (0)', reading(readCount))
    .option('--weight <number>', 'its share among equals (1)', reading(readCount))
    .option(
      '--context-steps <tokens>',
      'contexts that Ollama may load it with, ascending, with commas; or none',
      orNone(readCounts),
    )
    .option('--keep-alive <time>', 'how long Ollama keeps it loaded: 10m, -1 for ever; or none', orNone(asIs))
    .option(
      '--canary-percent <percent>',
      'of the model’s calls, whatever the tiers say; or none',
      orNone(readCount),
    )
    .option(
      '--canary-header <name=value>',
      'for callers that send this header, or a header of this name; or none',
      orNone(readCanaryHeader),
    );

export const routeChange = (options: RouteOptions): EntryChange<'routes'> => {
  const { tier, weight, contextSteps, keepAlive, canaryPercent, canaryHeader } = options;
  return givenOrNull({ tier, weight, contextSteps, keepAlive, canaryPercent, canaryHeader });
};

/** `name`, `name=value` or `name: value`, as the catalog has it. */
const readCanaryHeader = (text: string): string =>
  text.replace(/^([^:=]*?)\s*[:=]\s*/, (_, name: string) => `${name.toLowerCase()}: `).trim();
