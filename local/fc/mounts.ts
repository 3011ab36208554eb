import { mkdirSync } from 'node:fs';
import type { FunctionSpec } from './spec.ts';

/**
 * A function whose variables name folders of this machine where they name its NAS folders, which cannot be mounted
 * here. As FC does, it makes a folder that is missing.
 *
 * @param mounts the folders of this machine, by mountDir
 */
export function mounted(spec: FunctionSpec, mounts: Readonly<Record<string, string>>): FunctionSpec {
  const environment = { ...spec.environment };
  for (const mountDir of spec.mountDirs) {
    const folder = mounts[mountDir];
    if (folder === undefined)
      throw new Error(`${spec.name}: the local FC was not told which folder stands for ${mountDir}.`);
    mkdirSync(folder, { recursive: true });
    for (const [name, value] of Object.entries(environment)) {
      if (value === mountDir || value.startsWith(`${mountDir}/`))
        environment[name] = folder + value.slice(mountDir.length);
    }
  }
  return { ...spec, environment };
}
