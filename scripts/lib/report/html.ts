/** HTML from text: what is put in is escaped unless it is HTML already. Pure. */
const HTML = Symbol('html');
export type Html = { readonly [HTML]: true; readonly text: string };
type Part = Html | string | number | readonly Html[];

export const raw = (text: string): Html => ({ [HTML]: true, text });

export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return raw(strings.map((text, n) => text + (n < parts.length ? written(parts[n] ?? '') : '')).join(''));
}

function written(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return 'text' in part ? part.text : part.map(({ text }) => text).join('');
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');

/** JSON inside a script element: nothing in it can end the element. */
export const jsonFor = (value: unknown): Html => raw(JSON.stringify(value).replaceAll('<', '\\u003c'));
