/**
 * Compares the shape of our messages with that of recorded ones: the same fields of the same JSON types at every depth. Elements of an
 * array count as one (all their fields together); an empty array says nothing about its elements. Several samples may be given on either
 * side: a field is there when any sample has it.
 */
import { expect } from 'vitest';

/** Field path ('o.q', '[].p', 'k.t') to the JSON types seen there, in alphabetical order. */
type Shape = ReadonlyMap<string, string>;

export const shapeOf = (samples: readonly unknown[]): Shape => {
  const seen = new Map<string, Set<string>>();
  for (const sample of samples) walk(sample, '', seen);
  return new Map([...seen].map(([path, types]) => [path, [...types].toSorted().join('|')]));
};

/**
 * One line for each difference: '- path: type' only recorded, '+ path: type' only ours, '~ path: recorded -> ours' other types.
 * A field below one that is missing itself is not told again.
 */
export function differencesOf(recorded: readonly unknown[], ours: readonly unknown[]): readonly string[] {
  const [theirs, own] = [shapeOf(recorded), shapeOf(ours)];
  const lines = [...theirs].flatMap(([path, type]) => {
    const mine = own.get(path);
    if (mine === undefined) return known(own, path) ? [`- ${path}: ${type}`] : [];
    return sameType(type, mine) ? [] : [`~ ${path}: ${type} -> ${mine}`];
  });
  const extra = [...own].flatMap(([path, type]) => (theirs.has(path) || !known(theirs, path) ? [] : [`+ ${path}: ${type}`]));
  return [...lines, ...extra].toSorted();
}

/** `argued`: difference line to the reason for it. A difference without a reason fails, and so does a reason without its difference. */
export function expectSameShape(given: {
  readonly recorded: readonly unknown[];
  readonly ours: readonly unknown[];
  readonly argued?: Readonly<Record<string, string>>;
}): void {
  if (given.recorded.length === 0 || given.ours.length === 0) throw new Error('Cannot compare shapes: one side has no sample');
  expect(differencesOf(given.recorded, given.ours)).toEqual(Object.keys(given.argued ?? {}).toSorted());
}

function walk(value: unknown, path: string, seen: Map<string, Set<string>>): void {
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  seen.set(path, (seen.get(path) ?? new Set()).add(type));
  if (Array.isArray(value)) for (const element of value) walk(element, `${path}[]`, seen);
  else if (typeof value === 'object' && value !== null)
    for (const [name, field] of Object.entries(value)) walk(field, path === '' ? name : `${path}.${name}`, seen);
}

/** Whether that side tells anything about the parent of the path: a missing object or an empty array does not. */
function known(shape: Shape, path: string): boolean {
  if (path.endsWith('[]')) return false; // the other side's array is empty, or is no array and told as such
  const parent = path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '';
  return shape.has(parent);
}

/** Every type that we send has been recorded there; that we send fewer (no null, say) is no difference. */
const sameType = (recorded: string, ours: string): boolean => ours.split('|').every((type) => recorded.split('|').includes(type));
