import { join } from 'node:path';
import type { FunctionSpec } from './spec.ts';

export interface LocalCommand {
  file: string;
  args: string[];
  directory: string;
}

/** What starts an instance on this machine: the layer's Node is the one we run on, /code is the code folder. */
export function localCommand(spec: FunctionSpec): LocalCommand {
  const [file, ...args] = [...spec.command, ...spec.args];
  if (!file) throw new Error(`${spec.name}: s.yaml gives no command.`);
  return {
    file: executable(spec, file),
    args: args.map((arg) => here(arg, spec.codeDirectory)),
    directory: spec.codeDirectory,
  };
}

function executable(spec: FunctionSpec, file: string): string {
  if (spec.runtime === 'custom-container') return file; // a stand-in's, which is for this machine
  const major = process.versions.node.split('.')[0];
  if (file === `/opt/nodejs${major}/bin/node`) return process.execPath;
  if (file.startsWith('/code/')) return here(file, spec.codeDirectory);
  throw new Error(
    `${spec.name}: the local FC cannot run the command ${file}. ` +
      `It knows /opt/nodejs${major}/bin/node, which is this Node, and files below /code/.`,
  );
}

/** `/code`, `/code/server.mjs` and `--import=/code/hook.mjs`, but not `/codex`. */
const here = (text: string, codeDirectory: string) =>
  text.replace(/(?<=^|=)\/code(?=\/|$)/, () => join(codeDirectory));
