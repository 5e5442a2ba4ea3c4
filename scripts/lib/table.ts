/** Aligned plain-text tables that fit a terminal of 80 columns. Pure. */
export type Column = {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be shortened when the table is too wide; `keep` tells which end stays. */
  readonly shrink?: { readonly to: number; readonly keep: 'start' | 'end' };
};

export const WIDTH = 80;
const GAP = 2;

/** Title line and one line a row; absent cells are written as they are given, so the caller says "unknown". */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  const natural = columns.map(({ title }, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const widths = fitWidths(columns, natural);
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align = 'left' }, i) => {
        const [width, column] = [widths[i] ?? 0, columns[i]];
        const cell = shorten(cells[i] ?? '', { width, keep: column?.shrink?.keep ?? 'start' });
        return align === 'left' ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)];
}

/** Takes the excess from the columns that allow it, first to last; then from the widest. */
function fitWidths(columns: readonly Column[], natural: readonly number[]): readonly number[] {
  const widths = [...natural];
  const excess = (): number => widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1)) - WIDTH;
  for (const [i, { shrink }] of columns.entries()) {
    if (shrink && excess() > 0) widths[i] = Math.min(widths[i] ?? 0, Math.max(shrink.to, (widths[i] ?? 0) - excess()));
  }
  while (excess() > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  return widths;
}

function shorten(text: string, { width, keep }: { readonly width: number; readonly keep: 'start' | 'end' }): string {
  if (text.length <= width) return text;
  if (width <= 1) return text.slice(0, width);
  return keep === 'start' ? `${text.slice(0, width - 1)}…` : `…${text.slice(text.length - width + 1)}`;
}

/** One long list of words, broken into lines of at most 80 columns, the first with a label and the rest under it. */
export function labelled(label: string, words: readonly string[]): readonly string[] {
  const head = label.padEnd(Math.max(10, label.length + 2));
  const lines: string[] = [];
  let line = head;
  for (const word of words) {
    const joined = line === head || line.trim() === '' ? line + word : `${line}  ${word}`;
    if (joined.length <= WIDTH || line.trim() === '') line = joined;
    else {
      lines.push(line);
      line = ' '.repeat(head.length) + word;
    }
  }
  return [...lines, line].map((text) => text.trimEnd());
}

/** Breaks between words; a word that is wider stands alone, whole, so that it can be copied. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** An age for people: '43 ms', '1.2 s', '3.4 min', '2.1 h'. */
export function ageText(ms: number | null): string {
  if (ms === null) return 'unknown';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 3_600_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}
