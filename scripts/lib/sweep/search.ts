/** How the points of a search follow from what was tried. Pure, and the same for any number of workers: only whole generations are told. */
import { Random } from '../../../shared/random.ts';
import { type Dimension, type Point, valueAt } from './dimension.ts';
import { tpePoints } from './tpe.ts';

export const SEARCHES = ['grid', 'random', 'tpe'] as const;
export type SearchName = (typeof SEARCHES)[number];

/** `value`: greater is better; null: nothing can be said of it. */
export type Tried = { readonly point: Point; readonly value: number | null };
export type Search = { readonly name: SearchName; readonly dimensions: readonly Dimension[]; readonly seed: number };

/** Generations drawn by chance before TPE has anything to go by. */
const BLIND = 1;

/** Points for one generation; without an end but for the grid, so the caller takes as many as it wants and passes over what it knows. */
export function pointsOf({ name, dimensions, seed }: Search, told: { readonly tried: readonly Tried[]; readonly generation: number }) {
  const random = (): Random => new Random(seed).fork(`generation ${told.generation}`);
  switch (name) {
    case 'grid':
      return gridPoints(dimensions);
    case 'random':
      return randomPoints(dimensions, random());
    case 'tpe':
      return told.generation < BLIND ? randomPoints(dimensions, random()) : tpePoints(dimensions, { tried: told.tried, random: random() });
    default:
      throw new Error(`Cannot search by: ${JSON.stringify(name satisfies never)}`);
  }
}

/** The last key changes fastest. Ranges have to be whole. */
function* gridPoints([first, ...rest]: readonly Dimension[]): Generator<Point, void, void> {
  if (!first) {
    yield [];
    return;
  }
  const length = first.kind === 'list' ? first.values.length : first.max - first.min + 1;
  for (let n = 0; n < length; n++) {
    const value = first.kind === 'list' ? (first.values[n] ?? null) : first.min + n;
    for (const others of gridPoints(rest)) yield [value, ...others];
  }
}

function* randomPoints(dimensions: readonly Dimension[], random: Random): Generator<Point, void, void> {
  for (;;) yield dimensions.map((dimension) => valueAt(dimension, random.float()));
}
