import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type OutputFile, stop, version } from 'esbuild';
import { isUpToDate, noteBuild } from './build-record.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles each function to one ESM file, `dist/<function>/server.mjs`, with its source map. What a function loads
 * when it first needs it is a file of its own beside that: to parse it would make each cold start slower.
 *
 * A file that would not change is not written, and one that does is renamed into place: a bundle may be
 * starting from it at this moment.
 */
export async function buildFunctions(): Promise<void> {
  // One at a time: of all together, what two functions share would become a file outside of both.
  for (const name of await functionNames()) await buildFunction(name, `functions/${name}/server.ts`);
  await stop(); // its service would stay for as long as this process
}

/** One function's bundle, unless it would be the same again; whoever is done with building calls esbuild's `stop`. */
export async function buildFunction(name: string, source: string): Promise<void> {
  const options = { ...OPTIONS, entryPoints: [{ in: source, out: 'server' }], outdir: `dist/${name}` };
  const builder = [version, process.env.ESBUILD_BINARY_PATH ?? ''];
  const record = { path: join(ROOT, 'dist', `${name}.json`), root: ROOT, settings: [builder, options] };
  if (await isUpToDate(record)) return;
  const began = Date.now();
  const { outputFiles, metafile, warnings } = await build(options);
  await Promise.all(outputFiles.map(writeChanged));
  const outputs = outputFiles.map(({ path }) => path);
  await removeOld(join(ROOT, 'dist', name), new Set(outputs));
  if (warnings.length > 0) return; // to be told again
  const inputs = Object.keys(metafile.inputs);
  await noteBuild(record, { inputs, outputs: outputs.map((path) => relative(ROOT, path)), began });
}

const OPTIONS = {
  absWorkingDir: ROOT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  chunkNames: '[name]-[hash]',
  // Of urllib in ali-oss, which asks for it only where a proxy is set up.
  external: ['proxy-agent'],
  platform: 'node',
  target: 'node22',
  format: 'esm',
  minify: true,
  sourcemap: true,
  write: false,
  metafile: true,
  logLevel: 'warning',
  // Gives CommonJS dependencies the `require` that ESM lacks.
  banner: {
    js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
  },
} as const satisfies BuildOptions;

async function functionNames(): Promise<string[]> {
  const entries = await readdir(join(ROOT, 'functions'), { withFileTypes: true });
  return entries
    .map(({ name }) => name)
    .filter((name) => existsSync(join(ROOT, 'functions', name, 'server.ts')));
}

async function writeChanged({ path, contents }: OutputFile): Promise<void> {
  const present = await readFile(path).catch(() => undefined);
  if (present?.equals(contents)) return;
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, contents);
  await rename(draft, path);
}

/** Pieces of an earlier build. What a process may still be running on stays for a while. */
async function removeOld(directory: string, present: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (present.has(path)) continue;
    const found = await stat(path).catch(() => undefined); // another build may have moved it meanwhile
    if (found && Date.now() - found.mtimeMs > KEPT_MS) await rm(path, { recursive: true, force: true });
  }
}

const KEPT_MS = 3_600_000;

if (import.meta.main) await buildFunctions();
