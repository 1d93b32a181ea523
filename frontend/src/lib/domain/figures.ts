/** What a figure is beside its picture: its numbers as a table, and words that lie in lines. */

export type Cell = number | string | null;

/** A figure's numbers. */
export interface Sheet {
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
}

/** Cells that a spreadsheet would take for a formula get an apostrophe before them. */
const FORMULA = /^[=+\-@\t\r]/;

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/** A sheet as comma-separated values (RFC 4180). */
export function toCsv({ columns, rows }: Sheet): string {
  return [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

/** A number as a table shows it: whole ones as they are, others with five digits at most. */
export function shownCell(cell: Cell): string {
  if (cell === null) return '–';
  if (typeof cell === 'string') return cell;
  if (Number.isInteger(cell)) return String(cell);
  return Math.abs(cell) < 1e-4 ? cell.toExponential(2) : String(Number(cell.toPrecision(5)));
}

/** A name of a file: what a system may not take becomes a dash. */
export const fileName = (...parts: string[]): string =>
  parts
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '');

/** Wide enough for a letter of the figures' words, in pixels. */
const LETTER = 6.4;
const SWATCH = 30;
const GAP = 14;

/** Where each entry of a legend stands, in lines that are as wide as the figure. */
export function layLegend(
  words: readonly string[],
  wide: number
): { places: { x: number; line: number }[]; lines: number } {
  let x = 0;
  let line = 0;
  const places = words.map((word) => {
    const needed = SWATCH + word.length * LETTER;
    if (x > 0 && x + needed > wide) {
      x = 0;
      line++;
    }
    const place = { x, line };
    x += needed + GAP;
    return place;
  });
  return { places, lines: words.length ? line + 1 : 0 };
}

/** An SVG's markup as a file of its own. */
export function standalone(markup: string, title: string): string {
  const named = markup.includes('xmlns=')
    ? markup
    : markup.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
  const safe = title.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  const titled = named.replace(/(<svg[^>]*>)/, (opening) => `${opening}<title>${safe}</title>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${titled}\n`;
}
