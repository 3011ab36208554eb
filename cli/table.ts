/** What a table can hold; numbers stand to the right. */
export type Cell = string | number | null;

/** Columns under their titles, for a terminal. */
export function table(titles: readonly string[], rows: readonly Cell[][]): string {
  const shown = [[...titles], ...rows.map((row) => row.map(show))];
  const widths = titles.map((_, column) => Math.max(...shown.map((row) => widthOf(row[column] ?? ''))));
  const isNumber = titles.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  return shown
    .map((row) => row.map((text, column) => pad(text, widths[column]!, isNumber[column]!)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** A title and a value a line. */
export function card(lines: readonly [title: string, value: Cell][]): string {
  const width = Math.max(...lines.map(([title]) => widthOf(title)));
  return lines
    .map(([title, value]) => `${pad(title, width, false)}  ${show(value)}`.trimEnd())
    .join('\n')
    .concat('\n');
}

const DIGITS = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Names are whatever somebody chose: what would move the cursor is not printed. */
const show = (cell: Cell) =>
  typeof cell === 'number' ? DIGITS.format(cell) : (cell ?? '').replaceAll(/\p{Cc}/gu, '�');

function pad(text: string, width: number, toTheRight: boolean): string {
  const space = ' '.repeat(Math.max(width - widthOf(text), 0));
  return toTheRight ? space + text : text + space;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Extended_Pictographic}]/u;

/** The columns that a text takes: Chinese characters take two. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : /\p{M}/u.test(character) ? 0 : 1;
  return width;
}
