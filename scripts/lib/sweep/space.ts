/**
 * What is searched, as a person writes it: `key=6,8,12` (a list), `key=5..30 step 5`, `key=0.1..10 log points 7`, `key=5..30` (whole numbers
 * where the key has them, anything between where it does not). One value alone is no dimension but a change that all trials have. Every
 * mistake is one line; rules that bind several keys are left to `refusalOf`, which is asked for each point. Pure.
 */
import { checkConfig, Config, overlay, problemLine } from '../../../shared/config.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import { changeOf, type Dimension, type ListDimension, type Point } from './dimension.ts';
import { type Json, shownJson } from './json.ts';
import { accepts, type Node, schemaAt, valueProblems } from './schema-at.ts';

export type Space = {
  readonly dimensions: readonly Dimension[];
  /** What all trials have, by key. */
  readonly fixed: Readonly<Record<string, Json>>;
};

const KEY = /^\w+(\.[\w-]+)*$/;
const RANGE = /^\s*(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)\s*(log)?\s*(?:(step|points)\s+(\d+(?:\.\d+)?))?\s*$/;
const FORMS = 'a list such as 6,8,12, a range such as 5..30, 5..30 step 5, 0.1..10 log or 0.1..10 log points 7';
/** Values of one key at most. */
const VALUES_MAX = 10_000;
const OWN = new Set(['symbols']);
/** What such a file holds is a part of what tells two sweeps apart, and known before the first trial. */
const NAMES_FILES = /^strategy(\.custom(\.[\w-]+(\.file)?)?)?$/;

export function readSpace(texts: readonly string[], base: Config): Result<Space, readonly string[]> {
  const read = texts.map((text) => readOne(text));
  const keys = read.flatMap((one) => (one.ok ? [one.value.key] : []));
  const twice = keys.filter((key, n) => keys.indexOf(key) !== n).map((key) => `--set: ${key}: given twice: allowed is each key once`);
  const found = read.flatMap((one) => (one.ok ? problemsOf(one.value, base) : [one.error]));
  if (twice.length + found.length > 0) return err([...twice, ...found]);
  const all = read.flatMap((one) => (one.ok ? [one.value] : []));
  const isFixed = (one: Dimension): one is ListDimension => one.kind === 'list' && one.values.length === 1;
  return ok({
    dimensions: all.filter((one) => !isFixed(one)),
    fixed: Object.fromEntries(all.filter(isFixed).map(({ key, values }) => [key, values[0] ?? null])),
  });
}

/** Why the configuration refuses the point: one line for each rule that it breaks; none: it may be run. */
export function refusalOf({ dimensions, fixed }: Space, point: Point, base: Config): readonly string[] {
  return configLines({ ...fixed, ...changeOf(dimensions, point) }, base);
}

function configLines(change: Readonly<Record<string, Json>>, base: Config): readonly string[] {
  const document = Object.entries(change).reduce<unknown>((all, [key, value]) => overlay(all, nested(key, value)), base);
  const checked = checkConfig(document);
  return 'problems' in checked ? checked.problems.map(problemLine) : [];
}

export const nested = (key: string, value: Json): unknown =>
  key.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);

function readOne(text: string): Result<Dimension, string> {
  const [key = '', ...rest] = text.split('=');
  if (rest.length === 0 || !KEY.test(key)) return err(`--set: ${text}: allowed is key=values, the values ${FORMS}`);
  if (OWN.has(key)) return err(`--set: ${key}: allowed is --symbol instead`);
  if (NAMES_FILES.test(key)) return err(`--set: ${key}: allowed are single keys; files of own strategies are named in the configuration`);
  const spec = rest.join('=');
  const node = schemaAt(Config, key.split('.'));
  if (/\.\./.test(spec) && !/["[{]/.test(spec)) return readRange(key, { spec, node });
  const values = splitList(spec).map((one) => readValue(one, node));
  const doubled = values.find((value, n) => values.findIndex((other) => JSON.stringify(other) === JSON.stringify(value)) !== n);
  if (doubled !== undefined) return err(`--set: ${key}: ${shownJson(doubled)} is listed twice: allowed is each value once`);
  const numbers = values.map((value) => (typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN));
  const ordered = numbers.every((number, n) => n === 0 || number > (numbers[n - 1] ?? Number.NaN));
  return ok({ kind: 'list', key, values, ordered: ordered && values.length > 1 });
}

type Written = { readonly spec: string; readonly node: Node | null };

function readRange(key: string, { spec, node }: Written): Result<Dimension, string> {
  const match = RANGE.exec(spec);
  const wrong = (why: string): Result<Dimension, string> => err(`--set: ${key}=${spec}: ${why}`);
  if (!match) return wrong(`allowed is ${FORMS}`);
  const [, low = '', high = '', logWord, by, amount = ''] = match;
  const [min, max, log] = [Number(low), Number(high), logWord !== undefined];
  if (min >= max) return wrong('allowed is a range that rises');
  if (log && min <= 0) return wrong('allowed with log is a range above zero');
  if (by === 'step' && log) return wrong('allowed with log is points, such as log points 7');
  const write = writerOf(node, { min, max });
  if (by === undefined) return ok({ kind: 'range', key, min, max, log, ...write });
  if (by === 'points' && (!/^\d+$/.test(amount) || Number(amount) < 2 || Number(amount) > VALUES_MAX))
    return wrong(`allowed are 2 to ${VALUES_MAX} points`);
  const numbers = by === 'step' ? stepped({ low, high, step: amount }) : pointed({ min, max, log, count: Number(amount) });
  if (numbers.length < 2 || numbers.length > VALUES_MAX) return wrong(`allowed is a step that gives 2 to ${VALUES_MAX} values`);
  const values = [...new Set(write.whole && by === 'points' ? numbers.map((one) => String(Math.round(Number(one)))) : numbers)];
  return ok({ kind: 'list', key, values: values.map((one) => (write.text ? one : Number(one))), ordered: true });
}

/** How a number is written at this key: whole where the key has no others, in quotes where it wants a decimal. */
function writerOf(node: Node | null, { min, max }: { readonly min: number; readonly max: number }) {
  const endsWhole = Number.isInteger(min) && Number.isInteger(max);
  if (node === null) return { whole: endsWhole, text: false };
  const text = !accepts(node, min) && !accepts(node, max) && (accepts(node, String(max)) || accepts(node, String(min)));
  const between = Math.floor((min + max) / 2) + 0.5;
  return { text, whole: endsWhole && !text && !accepts(node, between) };
}

/** In exact decimals, with as many digits as low end and step have. */
function stepped({ low, high, step }: { readonly low: string; readonly high: string; readonly step: string }): readonly string[] {
  const digits = Math.max(...[low, high, step].map((text) => text.split('.')[1]?.length ?? 0));
  const count = (text: string): number => Math.round(Number(text) * 10 ** digits);
  const [from, to, by] = [count(low), count(high), count(step)];
  if (by <= 0) return [];
  const length = Math.min(VALUES_MAX + 1, Math.floor((to - from) / by) + 1);
  return Array.from({ length }, (_, n) => ((from + n * by) / 10 ** digits).toFixed(digits));
}

type Ends = { readonly min: number; readonly max: number; readonly log: boolean; readonly count: number };

const pointed = ({ min, max, log, count }: Ends): readonly string[] =>
  Array.from({ length: count }, (_, n) => {
    const part = n / (count - 1);
    const number = log ? min * (max / min) ** part : min + (max - min) * part;
    return String(Number(number.toPrecision(6)));
  });

/** At commas that stand in no brackets and no quotes. */
function splitList(text: string): readonly string[] {
  const parts: string[] = [''];
  let [depth, quoted] = [0, false];
  for (const letter of text) {
    if (letter === '"') quoted = !quoted;
    else if (!quoted && '[{'.includes(letter)) depth += 1;
    else if (!quoted && ']}'.includes(letter)) depth -= 1;
    if (letter === ',' && depth === 0 && !quoted) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}

/** JSON, or a text: also where it looks like JSON and the key wants a text, such as a decimal. */
function readValue(text: string, node: Node | null): Json {
  const value = jsonOrText(text);
  return node !== null && typeof value !== 'string' && !accepts(node, value) && accepts(node, text) ? text : value;
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Of one key alone; of many values the first that is wrong tells. */
function problemsOf(one: Dimension, base: Config): readonly string[] {
  const { key } = one;
  const node = schemaAt(Config, key.split('.'));
  const ends = one.kind === 'list' ? one.values : [one.min, one.max].map((end): Json => (one.text ? String(end) : end));
  for (const value of ends) {
    const problems = node === null ? freeProblems(key, value, base) : valueProblems(node, key, value).map(problemLine);
    if (problems.length > 0) return problems.map((line) => `--set: ${line}`);
  }
  return [];
}

/** Where no schema stands at the key: what the whole configuration says of it, or of what it would lie in. */
function freeProblems(key: string, value: Json, base: Config): readonly string[] {
  return configLines({ [key]: value }, base).filter((line) => `${key}.`.startsWith(`${line.split(':')[0]}.`));
}
