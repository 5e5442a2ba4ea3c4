/** Trials in cells of one or two keys, for looking at. Pure. */
import { type Dimension, type Point, sizeOf, unitOf, valueAt } from './dimension.ts';
import { type Json, shownJson } from './json.ts';

/** Cells along one key at most. */
const BINS_MAX = 9;

export type Seen = { readonly point: Point; readonly worth: number };
export type Cell = { readonly count: number /** Mean of the trials in it. */; readonly mean: number; readonly best: number };
export type Axis = { readonly key: string; readonly labels: readonly string[]; readonly binOf: (value: Json) => number };
export type HeatMap = {
  readonly x: Axis;
  readonly y: Axis /** Row by row from the first label of `y`; null: no trial. */;
  readonly cells: readonly (readonly (Cell | null)[])[];
};

export function axisOf(dimension: Dimension): Axis {
  const size = sizeOf([dimension]);
  const bins = Math.min(BINS_MAX, size);
  const binOf = (value: Json): number => Math.min(bins - 1, Math.floor(unitOf(dimension, value) * bins));
  const labels = Number.isFinite(size) ? labelsOf(valuesOf(dimension), { bins, binOf }) : edgesOf(dimension, bins);
  return { key: dimension.key, labels, binOf };
}

const valuesOf = (dimension: Dimension): readonly Json[] =>
  dimension.kind === 'list' ? dimension.values : Array.from({ length: dimension.max - dimension.min + 1 }, (_, n) => dimension.min + n);

/** First and last value of each bin. */
function labelsOf(values: readonly Json[], { bins, binOf }: { readonly bins: number } & Pick<Axis, 'binOf'>): readonly string[] {
  const groups = Map.groupBy(values, binOf);
  return Array.from({ length: bins }, (_, n) => {
    const [first, last] = [groups.get(n)?.[0], groups.get(n)?.at(-1)].map((one) => (one === undefined ? '' : shownJson(one)));
    return first === last ? (first ?? '') : `${first}…${last}`;
  });
}

const edgesOf = (dimension: Dimension, bins: number): readonly string[] =>
  Array.from({ length: bins }, (_, n) =>
    [n, n + 1].map((edge) => Number(Number(valueAt(dimension, edge / bins)).toPrecision(3))).join('…'),
  );

export function heatMap(seen: readonly Seen[], dimensions: readonly Dimension[], [i, j]: readonly [number, number]): HeatMap | null {
  const [first, second] = [dimensions[i], dimensions[j]];
  if (!first || !second) return null;
  const [x, y] = [axisOf(first), axisOf(second)];
  const groups = new Map<string, number[]>();
  for (const { point, worth } of seen) {
    const at = `${x.binOf(point[i] ?? null)} ${y.binOf(point[j] ?? null)}`;
    groups.set(at, [...(groups.get(at) ?? []), worth]);
  }
  return { x, y, cells: y.labels.map((_, row) => x.labels.map((__, column) => cellOf(groups.get(`${column} ${row}`)))) };
}

/** Of one key alone: a cell for each label. */
export function alongOf(
  seen: readonly Seen[],
  dimensions: readonly Dimension[],
  n: number,
): { readonly axis: Axis; readonly cells: readonly (Cell | null)[] } | null {
  const dimension = dimensions[n];
  if (!dimension) return null;
  const axis = axisOf(dimension);
  const groups = Map.groupBy(seen, ({ point }) => axis.binOf(point[n] ?? null));
  return { axis, cells: axis.labels.map((_, bin) => cellOf(groups.get(bin)?.map(({ worth }) => worth))) };
}

function cellOf(worths: readonly number[] | undefined): Cell | null {
  if (!worths || worths.length === 0) return null;
  return { count: worths.length, mean: worths.reduce((sum, one) => sum + one, 0) / worths.length, best: Math.max(...worths) };
}

/** The pairs of the first keys, so many at most. */
export function pairsOf(count: number, most: number): readonly (readonly [number, number])[] {
  const pairs = Array.from({ length: count }, (_, i) =>
    Array.from({ length: count - i - 1 }, (__, k): readonly [number, number] => [i, i + 1 + k]),
  );
  return pairs.flat().slice(0, most);
}
