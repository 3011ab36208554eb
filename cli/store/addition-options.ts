import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { Refusal } from '#shared/tenancy/refusal.ts';
import { readingAgain } from '../catalog-options.ts';
import { givenOnly } from '../reading.ts';

export interface AdditionOptions {
  template?: string;
  system?: string;
  parameter?: [name: string, value: unknown][];
}

/** What may be said of a model that is made. */
export const withAdditionOptions = (made: Command): Command =>
  made
    .option('--template <file>', 'its template, in Go’s form as Ollama has it')
    .option('--system <text>', 'what every conversation begins with')
    .option('--parameter <name=value>', 'as num_ctx=8192; again for more', readingAgain(readParameter));

/** @throws Refusal for a file that cannot be read */
export async function additionsIn({ template, system, parameter = [] }: AdditionOptions) {
  return givenOnly({
    template: template === undefined ? undefined : await readText(template),
    system,
    parameters: parameter.length === 0 ? undefined : gathered(parameter),
  });
}

/** @throws Refusal */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Refusal('invalid', `${path} cannot be read: ${(error as Error).message}.`);
  }
}

/** A number or a truth value is one, and all else text; what stops an answer is text always. @throws Refusal */
function readParameter(text: string): [string, unknown] {
  const [, name, value] = /^([a-z_]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new Refusal('invalid', `'${text}' is no parameter: write name=value, as num_ctx=8192.`);
  if (name === 'stop') return [name, value];
  if (/^(true|false)$/.test(value)) return [name, value === 'true'];
  return [name, /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value];
}

/** One that is given several times is a list: `stop` may be. */
function gathered(parameters: readonly [string, unknown][]): Record<string, unknown> {
  const lists = Object.entries(Object.groupBy(parameters, ([name]) => name));
  return Object.fromEntries(
    lists.map(([name, pairs = []]) => {
      const values = pairs.map(([, value]) => value);
      return [name, name === 'stop' || values.length > 1 ? values : values[0]];
    }),
  );
}
