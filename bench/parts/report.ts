import { loadavg } from 'node:os';
import { median } from './figures.ts';

interface Row {
  what: string;
  measured: string;
  bar: string;
  met: string;
}

/** Prints what was measured as it comes, and at the end the table of all ratios. */
export class Report {
  readonly #rows: Row[] = [];

  title(text: string): void {
    console.log(`\n${text}`);
  }

  /** Absolute figures: of this machine at this moment. */
  figures(name: string, ...figures: string[]): void {
    console.log(`  ${name.padEnd(12)}${figures.map((figure) => figure.padStart(20)).join('')}`);
  }

  /** What may travel: the median of the rounds' ratios, the least and the most, and the bar if there is one. */
  ratio(what: string, rounds: readonly number[], bar?: number): void {
    const ratio = median(rounds);
    const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
    this.#rows.push({
      what,
      measured: `**${twoDigits(ratio)}** (${twoDigits(least)} to ${twoDigits(most)})`,
      bar: bar === undefined ? '–' : `≤ ${bar}`,
      met: bar === undefined ? '–' : ratio <= bar ? 'yes' : 'no',
    });
  }

  note(what: string, measured: string): void {
    this.#rows.push({ what, measured, bar: '–', met: '–' });
  }

  table(): void {
    console.log('\n| | measured | bar | met |\n|---|---|---|---|');
    for (const { what, measured, bar, met } of this.#rows)
      console.log(`| ${what} | ${measured} | ${bar} | ${met} |`);
    const [load] = loadavg();
    console.log(`\nLoad of the machine over the last minute: ${load!.toFixed(1)}`);
  }
}

const twoDigits = (ratio: number) => (ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2));
