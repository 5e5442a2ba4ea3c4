/**
 * The comments that stand above the fields of schemas, by path: what a person reads about a field is written once, beside it. Reads the
 * source as text: objects of zod (`strictObject({…})`) and plain objects that such ones spread.
 */

/** One field: what is said of it, the fields inside it, and the names of other objects its value is made of. */
type Field = { readonly comment: string; readonly inner: Fields | null; readonly names: readonly string[] };
type Fields = { readonly own: ReadonlyMap<string, Field>; readonly spread: readonly string[] };
type Named = { readonly comment: string; readonly fields: Fields };

export class DocComments {
  readonly #objects = new Map<string, Named>();

  /** Takes in every named object of one source file. A name that is there already stays. */
  constructor(sources: readonly string[]) {
    for (const source of sources)
      for (const match of source.matchAll(NAMED)) {
        const [whole, comment = '', name = ''] = match;
        if (this.#objects.has(name)) continue;
        const { fields } = readObject(source, match.index + whole.length);
        this.#objects.set(name, { comment: plain(comment), fields });
      }
  }

  /** What is said of the object itself; empty when nothing is. */
  ofObject(name: string): string {
    return this.#objects.get(name)?.comment ?? '';
  }

  /** What is said of the field at a path of names below the object; empty when nothing is. */
  ofField(name: string, path: readonly string[]): string {
    const named = this.#objects.get(name);
    const [first = '', ...rest] = path;
    const field = named && this.#find(named.fields, first);
    if (!field) return '';
    return rest.length === 0 ? field.comment : this.#below(field, rest);
  }

  #find(fields: Fields, key: string): Field | undefined {
    const own = fields.own.get(key);
    if (own) return own;
    for (const name of fields.spread) {
      const named = this.#objects.get(name);
      const found = named && this.#find(named.fields, key);
      if (found) return found;
    }
    return undefined;
  }

  #below(field: Field, path: readonly string[]): string {
    const [first = '', ...rest] = path;
    if (field.inner) {
      const inner = this.#find(field.inner, first);
      return inner === undefined ? '' : rest.length === 0 ? inner.comment : this.#below(inner, rest);
    }
    for (const name of field.names) {
      const said = this.ofField(name, path);
      if (said !== '') return said;
    }
    return '';
  }
}

const NAMED =
  /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?(?:export )?const (\w+)(?::[^=\n]+)? = (?:z\s*\.array\(\s*)?(?:z\s*\.strictObject\(\{|\w+\.extend\(\{|\{)/g;

const plain = (comment: string): string =>
  comment
    .replace(/^\/\*\*/, '')
    .replace(/\*\/\s*$/, '')
    .replace(/^\s*\* ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();

/** `from` is behind the opening brace. */
function readObject(text: string, from: number): { readonly fields: Fields; readonly end: number } {
  const own = new Map<string, Field>();
  const spread: string[] = [];
  let comment = '';
  let at = from;
  while (at < text.length && text[at] !== '}') {
    const token = TOKEN.exec(text.slice(at, at + 4_000));
    if (!token) at++;
    else {
      const { said, spreadObject, spreadName, key, alone } = token.groups ?? {};
      at += token[0].length;
      if (said !== undefined) comment = plain(said);
      else if (spreadObject !== undefined) {
        const inner = readObject(text, at);
        for (const [name, field] of inner.fields.own) own.set(name, field);
        at = inner.end;
      } else if (spreadName !== undefined) spread.push(spreadName);
      else if (key !== undefined) {
        const end = endOfValue(text, at);
        own.set(key.replaceAll("'", ''), fieldOf({ text, from: at, to: end, comment }));
        [at, comment] = [end, ''];
      } else if (alone !== undefined) {
        own.set(alone, { comment, inner: null, names: [alone] });
        comment = '';
      }
    }
  }
  return { fields: { own, spread }, end: at + 1 };
}

const TOKEN =
  /^\s*(?:(?<said>\/\*\*(?:(?!\*\/)[\s\S])*\*\/)|\/\/[^\n]*|\.\.\.(?<spreadObject>\{)|\.\.\.(?<spreadName>\w+)(?:\.shape)?|(?<key>'[^']+'|\w+):|(?<alone>\w+)(?=\s*[,}]))/;

function fieldOf({
  text,
  from,
  to,
  comment,
}: {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly comment: string;
}): Field {
  const value = text.slice(from, to);
  const opens = /strictObject\(\s*\{/.exec(value);
  const inner = opens ? readObject(text, from + opens.index + opens[0].length).fields : null;
  const described = /\.describe\(\s*'((?:[^'\\]|\\.)*)'/.exec(value)?.[1] ?? '';
  return { comment: comment === '' && inner === null ? described : comment, inner, names: value.match(/\b[A-Za-z]\w+\b/g) ?? [] };
}

/** Where the comma behind a value stands, or the brace that closes the object. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const sign = text[at] ?? '';
    if (sign === "'" || sign === '`') at = text.indexOf(sign, at + 1);
    else if (sign === '/' && text[at - 1] !== '\\' && /^\/(?![/*\s])[^\n]*?[^\\]\//.test(text.slice(at))) at = endOfPattern(text, at);
    else if ('([{'.includes(sign)) depth++;
    else if (')]}'.includes(sign) && depth-- === 0) return at;
    else if (sign === ',' && depth === 0) return at;
  }
  return text.length;
}

/** The slash that ends a regular expression. */
function endOfPattern(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) if (text[at] === '/' && text[at - 1] !== '\\') return at;
  return text.length;
}
