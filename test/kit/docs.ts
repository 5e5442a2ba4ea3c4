/** What stands in the documents a person reads: for tests that hold it to the program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** A document by its name in shared/docs, or by its path. */
export const docText = (name: string): string =>
  readFileSync(join(ROOT, name.includes('/') || name.startsWith('README') ? name : `shared/docs/${name}`), 'utf8');

/** The text below a heading of the second level, up to the next one; empty when there is none. */
export const docSection = (name: string, heading: string): string =>
  `\n${docText(name)}`.split('\n## ').find((part) => part.startsWith(`${heading}\n`)) ?? '';

export type Block = { readonly language: string; readonly text: string };

/** Code blocks in their order; `language` is all that stands behind the fence. */
export const blocksOf = (text: string): readonly Block[] =>
  [...text.matchAll(/^ *```([^\n]*)\n(.*?)^ *```$/gms)].map(([, language = '', body = '']) => ({ language, text: body }));

/** The only block of a language such as `json exits`; throws when there is none or another. */
export function blockOf(text: string, language: string): string {
  const [only, ...more] = blocksOf(text).filter((block) => block.language === language);
  if (only === undefined || more.length > 0) throw new Error(`${more.length + (only ? 1 : 0)} blocks of ${language}, wanted is one`);
  return only.text;
}

/** The text without its code blocks. */
export const proseOf = (text: string): string => text.replace(/^ *```[^\n]*\n.*?^ *```$/gms, '');

/** What a link may name behind `#`, as GitHub makes it of the headings. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
      const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const anchor = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
      const times = seen.get(anchor) ?? 0;
      seen.set(anchor, times + 1);
      return times === 0 ? anchor : `${anchor}-${times}`;
    }),
  );
}
