import { resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Drizzle } from '#shared/db/database.ts';
import { openSession } from './session.ts';

const DATA_DIRECTORY = fileURLToPath(new URL('../.data', import.meta.url));

/** What a command was given. */
export interface Given<Options, Words> {
  db: Drizzle;
  pepper(): string;
  /** What follows the command's name, read as its arguments say. */
  words: Words;
  options: Options;
  asJson: boolean;
}

/** What a command has to say. */
export interface Answer {
  /** For a program. */
  json: unknown;
  /** For a person. */
  text: string;
  /** What a person should know besides. */
  notes?: string[];
  /** It did what it was asked to and found something wrong. */
  failed?: boolean;
}

/** Makes a commander action of a command's work: opens the database, tells the answer, closes. */
export function act<Options = object, Words = []>(work: (given: Given<Options, Words>) => Promise<Answer>) {
  return async (...args: unknown[]): Promise<void> => {
    const command = args.at(-1) as Command;
    const { json, data, ...options } = command.optsWithGlobals<{ json?: true; data?: string }>();
    const { database, pepper } = await openSession(resolve(data ?? DATA_DIRECTORY));
    try {
      const given = {
        pepper,
        words: command.processedArgs as Words,
        options: options as Options,
        asJson: json === true,
      };
      // Each domain function is one transaction; run again only where the first try never reached the server.
      tell(await database.write((db) => work({ db, ...given })), given.asJson);
    } finally {
      await database.close();
    }
  };
}

function tell({ json, text, notes = [], failed = false }: Answer, asJson: boolean): void {
  process.stdout.write(asJson ? `${JSON.stringify(json)}\n` : text);
  if (!asJson) for (const note of notes) process.stderr.write(`${note}\n`);
  if (failed) process.exitCode = 1;
}
