/** What a scrape said, by name and labels as they are written: `gateway_holds{model="m1"}`. */
export type Samples = ReadonlyMap<string, number>;

export function samplesIn(text: string): Samples {
  const samples = new Map<string, number>();
  for (const line of text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
    const [, series, value] = /^(\w+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (series === undefined) throw new Error(`not a sample: ${line}`);
    if (samples.has(series)) throw new Error(`twice: ${series}`);
    samples.set(series, Number(value));
  }
  return samples;
}

/** The sum of all samples of a name whose labels contain this text. */
export const sumOf = (samples: Samples, name: string, labels = '') =>
  [...samples]
    .filter(([series]) => series.split('{', 1)[0] === name && series.includes(labels))
    .reduce((sum, [, value]) => sum + value, 0);
