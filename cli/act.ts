import { resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Drizzle } from '#shared/db/database.ts';
import { openSession } from './session.ts';

const DATA_DIRECTORY = fileURLToPath(new URL('../.data', import.meta.url));

/** What each command was given, whatever it works on. */
export interface Words<Options, Arguments> {
  /** What follows the command's name, read as its arguments say. */
  words: Arguments;
  options: Options;
  asJson: boolean;
}

/** What a command was given that works on the database. */
export interface Given<Options, Arguments> extends Words<Options, Arguments> {
  db: Drizzle;
  pepper(): string;
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
export function act<Options = object, Arguments = []>(
  work: (given: Given<Options, Arguments>) => Promise<Answer>,
) {
  return async (...args: unknown[]): Promise<void> => {
    const { dataDirectory, given } = understood<Options, Arguments>(args);
    const { database, pepper } = await openSession(dataDirectory);
    try {
      // Each domain function is one transaction; run again only where the first try never reached the server.
      tell(await database.write((db) => work({ db, pepper, ...given })), given.asJson);
    } finally {
      await database.close();
    }
  };
}

/** What commander hands to an action. */
export function understood<Options, Arguments>(args: unknown[]) {
  const command = args.at(-1) as Command;
  const { json, data, ...options } = command.optsWithGlobals<{ json?: true; data?: string }>();
  const given: Words<Options, Arguments> = {
    words: command.processedArgs as Arguments,
    options: options as Options,
    asJson: json === true,
  };
  return { dataDirectory: resolve(data ?? DATA_DIRECTORY), given };
}

export function tell({ json, text, notes = [], failed = false }: Answer, asJson: boolean): void {
  process.stdout.write(asJson ? `${JSON.stringify(json)}\n` : text);
  if (!asJson) for (const note of notes) process.stderr.write(`${note}\n`);
  if (failed) process.exitCode = 1;
}
