import type { Cell } from './table.ts';

/** RFC 4180. */
export const csv = (titles: readonly string[], rows: readonly Cell[][]): string =>
  [titles, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');

function field(cell: Cell): string {
  if (typeof cell === 'number') return String(cell);
  // A name that begins like a formula would be one to a spreadsheet.
  const text = (cell ?? '').replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
