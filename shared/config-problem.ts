/** Mistakes in config.json as data: where, what stands there (never a key), what is allowed. Unknown keys name the nearest known one. */
import * as z from 'zod';

export type ConfigProblem = { readonly path: string; readonly value: string; readonly allowed: string };

type Issue = z.core.$ZodIssue;
/** The parts of a JSON Schema node that are walked here. */
export type SchemaNode = {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | false;
  /** Where the names of free keys are given, and where a node is one of several kinds. */
  readonly propertyNames?: { readonly enum?: readonly string[] };
  readonly oneOf?: readonly SchemaNode[];
};

/** One problem for each mistake; `schema` is the JSON Schema of the document. */
export function problemsOf(issue: Issue, document: unknown, schema: SchemaNode): ConfigProblem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, path, schema));
  return [{ path: path.join('.') || '(whole file)', value: shownValue(document, path), allowed: allowedOf(issue) }];
}

/** One problem for each parameter that its schema refuses. */
export function parameterProblems(
  schema: z.ZodType,
  { document, path }: { readonly document: unknown; readonly path: string },
): readonly ConfigProblem[] {
  const parsed = schema.safeParse(document);
  if (parsed.success) return [];
  const node = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
  return parsed.error.issues
    .flatMap((issue) => problemsOf(issue, document, node))
    .map((problem) => ({ ...problem, path: `${path}.${problem.path}` }));
}

function unknownKey(key: string, path: readonly string[], schema: SchemaNode): ConfigProblem {
  const known = knownKeys(path, schema);
  const nearest = nearestOf(key, known);
  return {
    path: [...path, key].join('.'),
    value: 'unknown key',
    allowed: nearest ? `${nearest} (nearest known key)` : known.join(', ') || 'no key here',
  };
}

/** Whatever stands under `credentials`, or where a channel's secret is named, may be a key in the wrong place, and a URL may hold a password: none is shown. */
function shownValue(document: unknown, path: readonly string[]): string {
  const value = valueAt(document, path);
  if (value === undefined) return 'missing';
  if (path[0] === 'credentials' || (path[0] === 'alerts' && /(?:Env|file)$/.test(path.at(-1) ?? ''))) return '(hidden)';
  if (path.length === 0) return value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return hidePassword(JSON.stringify(value) ?? String(value)).slice(0, 80);
}

/** Hides what stands between `//` and the last `@` of a URL: a password may hold `@`, and one that no URL allows is a password all the same. */
export const hidePassword = (text: string): string => text.replace(/\/\/[^\s"]*@/g, '//(hidden)@');

const WORDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text in quotes',
  boolean: 'true or false',
  object: 'an object {…}',
  record: 'an object {…}',
  array: 'a list […]',
};

function allowedOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return WORDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length > 1
        ? `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
        : JSON.stringify(issue.values[0]);
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `at most ${issue.maximum}${unitOf(issue.origin)}`;
    case 'invalid_key':
      return `a key that is ${issue.issues[0]?.message ?? 'known'}`;
    case 'invalid_format':
      return issue.format === 'url' ? 'a URL such as "https://host"' : issue.message;
    default:
      return issue.message;
  }
}

const unitOf = (origin: string): string => (origin === 'array' ? ' entries' : origin === 'string' ? ' characters' : '');

/** Keys that the schema knows at a path; none where keys are free. */
function knownKeys(path: readonly string[], schema: SchemaNode): string[] {
  let node: SchemaNode = schema;
  for (const key of path) node = node.properties?.[key] ?? (node.additionalProperties || {});
  const kinds = (node.oneOf ?? []).flatMap((kind) => Object.keys(kind.properties ?? {}));
  return [...new Set([...Object.keys(node.properties ?? {}), ...(node.propertyNames?.enum ?? []), ...kinds])];
}

function nearestOf(key: string, known: readonly string[]): string | null {
  const ranked = known
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, Math.floor(key.length / 2)) ? best.name : null;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}

/** What stands at a path of a parsed document; undefined when nothing does. */
export function valueAt(document: unknown, path: readonly string[]): unknown {
  let node: unknown = document;
  for (const key of path) node = typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[key] : undefined;
  return node;
}
