import { modelPath, parseModelName } from '#shared/protocol/registry/model-name.ts';

/** Whether two names are one model of the store: `qwen3` is `registry.ollama.ai/library/qwen3:latest`, in any case. */
export function isSameModel(one: string, other: string): boolean {
  const path = pathOf(one);
  return path !== undefined && path === pathOf(other);
}

function pathOf(name: string): string | undefined {
  try {
    return modelPath(parseModelName(name)).toLowerCase();
  } catch {
    return undefined; // no name that a store can have
  }
}
