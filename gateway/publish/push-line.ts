/** A push as the line that leaves: the documents are JSON already, and are joined as they are. Pure. */
import type { Document, Moment } from './snapshot.ts';

export type Push = {
  readonly seq: number;
  /** Number of the push whose documents it only adds to; null: it is whole. */
  readonly base: number | null;
  readonly line: string;
};
type Parts = {
  readonly documents: readonly Document[];
  readonly base: number | null;
  readonly entries: readonly { readonly key: string; readonly text: string }[];
};

export function pushLine({ keys, now, symbols }: Moment, { documents, base, entries }: Parts): string {
  const bare = new Set(symbols.map(({ instrument }) => keys.entryPrice(instrument.symbol))); // a decimal for a person, told with the position
  let docs = '';
  for (const [key, text] of documents)
    if (text !== null && !bare.has(key)) docs += `${docs === '' ? '' : ','}${JSON.stringify(key)}:${text}`;
  const told = `"at":${now}${base === null ? '' : `,"base":${base}`},"docs":{${docs}}`;
  return `{"type":"snapshot",${told}${entries.length === 0 ? '' : `,"entries":${JSON.stringify(entries)}`}}\n`;
}
