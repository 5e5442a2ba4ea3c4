/**
 * One key of the configuration and the values that are tried: a list, or a range between two ends. Both are mapped to the interval from 0
 * to 1, so that a search knows neither keys nor units. Pure.
 */
import type { Json } from './json.ts';

export type ListDimension = {
  readonly kind: 'list';
  readonly key: string;
  readonly values: readonly Json[];
  /** Neighbours in the list are alike: numbers that rise. */
  readonly ordered: boolean;
};
export type RangeDimension = {
  readonly kind: 'range';
  readonly key: string;
  readonly min: number;
  readonly max: number;
  readonly log: boolean;
  readonly whole: boolean;
  /** The configuration wants a decimal in quotes. */
  readonly text: boolean;
};
export type Dimension = ListDimension | RangeDimension;

/** A value for each dimension, in their order. */
export type Point = readonly Json[];

/** Digits that tell two values of a range apart. */
const DIGITS = 6;

/** Each value has a share of the interval of the same width. */
export function valueAt(dimension: Dimension, unit: number): Json {
  if (dimension.kind === 'list') {
    const { values } = dimension;
    return values[Math.min(values.length - 1, Math.max(0, Math.floor(unit * values.length)))] ?? null;
  }
  const { whole, text } = dimension;
  const number = whole ? wholeAt(dimension, unit) : Number(numberAt(dimension, unit).toPrecision(DIGITS));
  return text ? plainDecimal(number) : number;
}

/** Middle of the share that the value has. */
export function unitOf(dimension: Dimension, value: Json): number {
  if (dimension.kind === 'list') {
    const index = dimension.values.findIndex((one) => JSON.stringify(one) === JSON.stringify(value));
    return (Math.max(0, index) + 0.5) / dimension.values.length;
  }
  const { min, max, log, whole } = dimension;
  const number = Number(value);
  const [low, high, at] = whole ? [min - 0.5, max + 0.5, number] : [min, max, number];
  const unit = log ? Math.log(at / low) / Math.log(high / low) : (at - low) / (high - low);
  return Math.min(1, Math.max(0, unit));
}

const wholeAt = ({ min, max, log }: RangeDimension, unit: number): number =>
  Math.min(max, Math.max(min, Math.round(numberAt({ min: min - 0.5, max: max + 0.5, log }, unit))));

const numberAt = ({ min, max, log }: Pick<RangeDimension, 'min' | 'max' | 'log'>, unit: number): number =>
  log ? min * (max / min) ** unit : min + (max - min) * unit;

/** Without an exponent. */
const plainDecimal = (number: number): string => number.toFixed(12).replace(/\.?0+$/, '');

/** How many points there are; Infinity with a range that is not whole. */
export const sizeOf = (space: readonly Dimension[]): number =>
  space.reduce(
    (size, one) => size * (one.kind === 'list' ? one.values.length : one.whole ? one.max - one.min + 1 : Number.POSITIVE_INFINITY),
    1,
  );

/** As a change of the configuration, by key. */
export const changeOf = (space: readonly Dimension[], point: Point): Readonly<Record<string, Json>> =>
  Object.fromEntries(space.map(({ key }, n) => [key, point[n] ?? null]));
