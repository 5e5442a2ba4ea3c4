/** JSON Schema of an object as rows for a person: one for each value, with type, range, unit and default in words. Pure. */

/** The parts of a JSON Schema that zod writes for our schemas. */
export type Node = {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Node;
  readonly prefixItems?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
};
export type Row = {
  /** Names from the outside in: `*` any name, `[]` each of a list, `(kind)` one of several kinds. */
  readonly path: readonly string[];
  readonly node: Node;
  readonly required: boolean;
};

/** Every value below an object, in the order of the schema; an object without keys of its own is one value. */
export function rowsOf(node: Node, path: readonly string[] = []): readonly Row[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    rowsBelow(child, { path: [...path, key], required: isNeeded(node, key) }),
  );
}

const isNeeded = (node: Node, key: string): boolean => (node.required ?? []).includes(key);

function rowsBelow(node: Node, { path, required }: { readonly path: readonly string[]; readonly required: boolean }): readonly Row[] {
  const one = withoutNull(node);
  const self: Row = { path, node, required };
  if (one.properties) return [self, ...rowsOf(one, path)];
  const kinds = one.oneOf ?? [];
  if (kinds.length > 0) return [self, ...kinds.flatMap((kind) => rowsOf(kind, [...path, `(${kindOf(kind)})`]))];
  if (one.items) return [self, ...inside(one.items, [...path, '[]'])];
  if (typeof one.additionalProperties === 'object') return [self, ...inside(one.additionalProperties, [...path, '*'])];
  return [self];
}

/** An object that says nothing of itself: its keys say it all. */
export const isBare = ({ node, required }: Row): boolean =>
  required && node.properties !== undefined && node.default === undefined && node.description === undefined;

/** What a list or a free key holds: rows only where that is an object or one of several. */
function inside(node: Node, path: readonly string[]): readonly Row[] {
  if (node.properties || node.oneOf)
    return rowsBelow({ ...node, default: undefined }, { path, required: true }).filter((row) => row.path.length > path.length);
  return [];
}

const kindOf = (node: Node): string => {
  const first = Object.values(node.properties ?? {}).find((child) => child.const !== undefined);
  return first === undefined ? 'other' : String(first.const);
};

/** The other half of `… | null`. */
export function withoutNull(node: Node): Node {
  if (Array.isArray(node.type) && node.type.length === 2) return { ...node, type: node.type.find((type) => type !== 'null') ?? 'null' };
  const choices = (node.anyOf ?? []).filter((choice) => choice.type !== 'null');
  return choices.length === 1 && choices[0] !== undefined ? choices[0] : node;
}

const isNullable = (node: Node): boolean =>
  (Array.isArray(node.type) && node.type.includes('null')) || (node.anyOf ?? []).some((choice) => choice.type === 'null');

/** More words than a cell of a table takes are told elsewhere. */
const WORDS_MAX = 12;

/** Type and range in words. */
export function typeOf(node: Node): string {
  const words = plainType(withoutNull(node));
  return isNullable(node) ? `${words}, or null` : words;
}

function plainType(node: Node): string {
  if (node.const !== undefined) return code(node.const);
  if (node.enum) return node.enum.length > WORDS_MAX ? `one of ${node.enum.length} words` : node.enum.map(code).join(', ');
  if (node.anyOf) return node.anyOf.map(plainType).join(' or ');
  if (Array.isArray(node.type)) return node.type.map((type: string) => (type === 'null' ? 'null' : plainType({ type }))).join(' or ');
  if (node.prefixItems) return `[${node.prefixItems.map(plainType).join(', ')}]`;
  switch (node.type) {
    case 'integer':
      return ['whole number', rangeOf(node)].filter(Boolean).join(', ');
    case 'number':
      return ['number', rangeOf(node)].filter(Boolean).join(', ');
    case 'boolean':
      return 'true or false';
    case 'string':
      return textType(node);
    case 'array':
      return `list${sizeOf(node)}${node.items && !node.items.properties && !node.items.oneOf ? ` of ${plainType(node.items)}` : ' of objects'}`;
    case 'object':
      return typeof node.additionalProperties === 'object' ? mapType(node.additionalProperties) : 'object';
    default:
      return node.oneOf ? 'object' : 'any';
  }
}

const mapType = (value: Node): string =>
  value.properties || value.oneOf ? 'objects by name' : Object.keys(value).length === 0 ? 'values by name' : `by name: ${plainType(value)}`;

function textType({ pattern, format, minLength, maxLength }: Node): string {
  if (format === 'uri') return 'URL';
  if (pattern !== undefined) {
    const fits = (text: string): boolean => new RegExp(pattern).test(text);
    if (fits('1.5') && !fits('x')) return fits('-1.5') ? 'signed decimal text' : 'decimal text';
    if (/^\^\\d\{/.test(pattern) && !fits('x')) return fits('2026-01-01') ? 'day, `YYYY-MM-DD`' : 'digits';
  }
  const longest = maxLength === undefined ? '' : `, ${minLength === undefined ? 'at most' : `${minLength} to`} ${maxLength} characters`;
  return `text${longest}`;
}

function rangeOf({ minimum, maximum, exclusiveMinimum }: Node): string {
  const [low, high] = [finite(minimum), finite(maximum)];
  if (exclusiveMinimum !== undefined)
    return high === undefined ? `above ${exclusiveMinimum}` : `above ${exclusiveMinimum}, at most ${high}`;
  if (low !== undefined && high !== undefined) return `${low} to ${high}`;
  return low !== undefined ? `${low} or more` : high !== undefined ? `at most ${high}` : '';
}

/** Bounds that only say "safe integer" are none. */
const finite = (bound: number | undefined): number | undefined =>
  bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? undefined : bound;

function sizeOf({ minItems, maxItems }: Node): string {
  if (minItems !== undefined && maxItems !== undefined) return `, ${minItems} to ${maxItems},`;
  return maxItems !== undefined ? `, at most ${maxItems},` : minItems !== undefined ? `, at least ${minItems},` : '';
}

export const code = (value: unknown): string => `\`${typeof value === 'string' ? `"${value}"` : JSON.stringify(value)}\``;

/** A row of a Markdown table. */
export const tableRow = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;

export const tableOf = (titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  tableRow(titles),
  `|${titles.map(() => '---').join('|')}|`,
  ...rows.map(tableRow),
];

/** `*.host` (email): the kind of an entry stands behind the name. */
export function nameOf(path: readonly string[]): string {
  const kind = path.find((step) => step.startsWith('('));
  const name = path
    .filter((step) => step !== kind)
    .join('.')
    .replaceAll('.[]', '[]');
  return `\`${name}\`${kind === undefined ? '' : ` ${kind}`}`;
}
