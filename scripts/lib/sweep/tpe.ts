/**
 * Tree-structured Parzen estimation (Bergstra et al., Algorithms for Hyper-Parameter Optimization, 2011), each key for itself: of many
 * draws from the density of the good trials the one is taken that is most often good and least often bad. Points of one generation are
 * held for bad while it is filled, so that they stay apart. Pure.
 */
import type { Random } from '../../../shared/random.ts';
import { type Dimension, type Point, unitOf, valueAt } from './dimension.ts';
import type { Tried } from './search.ts';

const GOOD_SHARE = 0.2;
const GOOD_MAX = 25;
const CANDIDATES = 24;

type Told = { readonly tried: readonly Tried[]; readonly random: Random };
/** Of one key: draws a place from 0 to 1, and tells how dense it is there. */
type Density = { readonly draw: (random: Random) => number; readonly at: (unit: number) => number };

export function* tpePoints(dimensions: readonly Dimension[], { tried, random }: Told): Generator<Point, void, void> {
  const ranked = [...tried].sort((a, b) => rankOf(b.value) - rankOf(a.value));
  const count = Math.min(GOOD_MAX, Math.max(1, Math.ceil(ranked.length * GOOD_SHARE)));
  const good = ranked.slice(0, count).map(({ point }) => point);
  const bad = ranked.slice(count).map(({ point }) => point);
  const goods = dimensions.map((dimension, n) => densityOf(dimension, unitsOf(dimension, good, n)));
  for (;;) {
    const bads = dimensions.map((dimension, n) => densityOf(dimension, unitsOf(dimension, bad, n)));
    const point = dimensions.map((dimension, n) => bestOf(dimension, { good: goods[n] as Density, bad: bads[n] as Density, random }));
    bad.push(point);
    yield point;
  }
}

const rankOf = (value: number | null): number => value ?? Number.NEGATIVE_INFINITY;

const unitsOf = (dimension: Dimension, points: readonly Point[], n: number): readonly number[] =>
  points.map((point) => unitOf(dimension, point[n] ?? null));

type Choice = { readonly good: Density; readonly bad: Density; readonly random: Random };

function bestOf(dimension: Dimension, { good, bad, random }: Choice): Point[number] {
  let [best, most]: [Point[number], number] = [null, Number.NEGATIVE_INFINITY];
  for (let n = 0; n < CANDIDATES; n++) {
    const value = valueAt(dimension, good.draw(random));
    const unit = unitOf(dimension, value);
    const score = good.at(unit) / bad.at(unit);
    if (score > most) [best, most] = [value, score];
  }
  return best;
}

const densityOf = (dimension: Dimension, units: readonly number[]): Density =>
  dimension.kind === 'list' && !dimension.ordered ? shares(dimension.values.length, units) : bumps(units);

/** Of values without an order: how often each was there, and once more for none. */
function shares(length: number, units: readonly number[]): Density {
  const counts = new Array<number>(length).fill(1);
  for (const unit of units) counts[Math.floor(unit * length)] = (counts[Math.floor(unit * length)] ?? 0) + 1;
  const total = units.length + length;
  const draw = (random: Random): number => {
    let left = random.float() * total;
    for (const [n, count] of counts.entries()) {
      left -= count;
      if (left < 0) return (n + 0.5) / length;
    }
    return (length - 0.5) / length; // the sum was rounded
  };
  return { draw, at: (unit) => (counts[Math.floor(unit * length)] ?? 1) / total };
}

/** A normal bump on each, as wide as its farther neighbour is away, and a flat part over all. */
function bumps(units: readonly number[]): Density {
  const sorted = [...units].sort((a, b) => a - b);
  const least = 1 / Math.min(100, sorted.length + 2);
  const widths = sorted.map((unit, n) => Math.min(1, Math.max(least, unit - (sorted[n - 1] ?? 0), (sorted[n + 1] ?? 1) - unit)));
  const total = sorted.length + 1;
  const draw = (random: Random): number => {
    const n = random.int({ min: 0, max: sorted.length });
    if (n === sorted.length) return random.float();
    for (;;) {
      const unit = (sorted[n] ?? 0) + random.normal() * (widths[n] ?? 1);
      if (unit >= 0 && unit < 1) return unit;
    }
  };
  const at = (unit: number): number =>
    sorted.reduce((sum, center, n) => sum + bump((unit - center) / (widths[n] ?? 1)) / (widths[n] ?? 1), 1) / total;
  return { draw, at };
}

/** Without what is cut off at the ends: a little less dense there. */
const bump = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
