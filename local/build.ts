import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles each function to one ESM file, `dist/<function>/server.mjs`, with its source map.
 *
 * The banner gives CommonJS dependencies the `require` that ESM lacks.
 */
export async function buildFunctions(): Promise<void> {
  const functions = await functionNames();
  await rm(join(ROOT, 'dist'), { recursive: true, force: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: functions.map((name) => ({ in: `functions/${name}/server.ts`, out: `${name}/server` })),
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    minify: true,
    sourcemap: true,
    logLevel: 'warning',
    banner: {
      js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
    },
  });
}

export async function functionNames(): Promise<string[]> {
  const entries = await readdir(join(ROOT, 'functions'), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

if (import.meta.main) await buildFunctions();
