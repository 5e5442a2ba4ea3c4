/** Lines for a terminal: none longer than its width, colours where they help. Pure. */
import type { Paint } from './screen.ts';
import { WIDTH } from './table.ts';

const ESCAPE = '\u001b';
/** What a terminal takes for a colour. */
const COLOUR = new RegExp(`${ESCAPE}\\[[0-9;]*m`, 'g');
export const visible = (line: string): number => line.replace(COLOUR, '').length;

/** Breaks what is longer at blanks, under where its words begin; a word that fits nowhere is cut. Colours are left whole. */
export const fitted = (lines: readonly string[], width = WIDTH): readonly string[] => lines.flatMap((line) => broken(line, width));

function broken(line: string, width: number): readonly string[] {
  if (visible(line) <= width) return [line];
  const indent = ' '.repeat(Math.min(width / 2, /^(\S*\s{2,}|\s*)/.exec(line)?.[0].length ?? 0));
  const out: string[] = [''];
  for (const part of line.match(/\s+|\S+/g) ?? []) {
    const now = out.at(-1) ?? '';
    if (visible(now) + visible(part) <= width) out[out.length - 1] = now + part;
    else if (part.trim() !== '') out.push(...cut(part, { indent, width }));
  }
  return out.map((one) => one.trimEnd()).filter((one, i) => i === 0 || one !== '');
}

function cut(word: string, { indent, width }: { readonly indent: string; readonly width: number }): readonly string[] {
  const most = width - indent.length;
  if (visible(word) <= most) return [indent + word];
  const plain = word.replace(COLOUR, ''); // half a colour would be shown as it is
  return plain.match(new RegExp(`.{1,${most}}`, 'gu'))?.map((piece) => indent + piece) ?? [plain];
}

/** Words that a person looks for first. */
const BAD = ['UNPROTECTED', 'unknown', 'stale', 'syncing', 'lost', 'connecting', 'failing', 'refused', 'none holds it', 'down'];
const GOOD = ['live', 'resting', 'up'];
const WORDS = new RegExp(`(?<![\\w-])(${[...BAD, ...GOOD].join('|')})(?![\\w-])`, 'g');

export const coloured = (line: string, paint: Paint): string =>
  line.replace(WORDS, (word) => paint(word, BAD.includes(word) ? 'bad' : 'good'));
