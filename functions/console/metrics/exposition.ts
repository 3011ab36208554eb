import { FAMILIES, type HistogramName, type LabelsOf, type PlainName } from './families.ts';

/** What Prometheus calls this format; version 0.0.4 is what every version of it reads. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

interface Measured {
  /** The greatest value of each bucket but the last, ascending, in units. */
  bounds: readonly number[];
  /** By bucket, each without those before; one more than there are bounds. */
  calls: readonly number[];
  sum: number;
  /** Units in one of what the family is in: 1000 for milliseconds in a family of seconds. */
  units: number;
}

/** Collects samples and writes them as Prometheus reads them: families in their order, samples in that of their coming. */
export class Exposition {
  readonly #lines = new Map<string, string[]>();

  add<Name extends PlainName>(name: Name, labels: LabelsOf<Name>, value: number): void {
    this.#line(name, name, labels, value);
  }

  histogram<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, measured: Measured): void {
    const { bounds, calls, sum, units } = measured;
    let below = 0;
    for (const [bucket, count] of calls.entries()) {
      below += count;
      const bound = bounds[bucket];
      const le = bound === undefined ? '+Inf' : String(bound / units);
      this.#line(name, `${name}_bucket`, { ...labels, le }, below);
    }
    this.#line(name, `${name}_sum`, labels, sum / units);
    this.#line(name, `${name}_count`, labels, below);
  }

  text(): string {
    const families = Object.entries(FAMILIES).flatMap(([name, { type, help }]) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...(this.#lines.get(name) ?? []),
    ]);
    return `${families.join('\n')}\n`;
  }

  #line(family: string, name: string, labels: Readonly<Record<string, string>>, value: number): void {
    const lines = this.#lines.get(family) ?? [];
    this.#lines.set(family, lines);
    lines.push(`${name}${labelText(labels)} ${value}`);
  }
}

/** A label without a value is as good as none, and shorter so. */
function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).flatMap(([name, value]) =>
    value === '' ? [] : [`${name}="${escaped(value)}"`],
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };
const escaped = (value: string) => value.replace(/[\\"\n]/g, (character) => ESCAPES[character]!);
