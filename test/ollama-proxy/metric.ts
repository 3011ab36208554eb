import type { Stage } from './stage.ts';

/** The samples of a metric in this moment, by their labels. */
export async function metric(stage: Stage, name: string): Promise<Record<string, number>> {
  const lines = (await (await stage.call('/metrics')).text()).split('\n');
  const samples = lines.flatMap((line) => {
    const [, labels = '', value] =
      new RegExp(`^gateway_ollama_${name}(?:\\{(.*)\\})? (\\S+)$`).exec(line) ?? [];
    return value === undefined ? [] : [[labels, Number(value)] as const];
  });
  return Object.fromEntries(samples);
}
