/** One perpetual contract: its steps, its filters, and exact conversion between decimal strings and whole ticks and lots. */
import {
  ATOM_DECIMALS,
  type Atoms,
  atoms,
  countSteps,
  decimalsOf,
  formatSteps,
  type Lots,
  lots,
  parseAtoms,
  quickSteps,
  scaledDecimal,
  type Ticks,
  ticks,
} from './units.ts';

/** As the venue states them, decimal strings; sizes in base units. */
export type InstrumentSpec = {
  readonly symbol: string;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  readonly tickSize: string;
  readonly stepSize: string;
  readonly minPrice: string;
  readonly maxPrice: string;
  readonly minQty: string;
  readonly maxQty: string;
  /** Largest size of one market order. */
  readonly maxMarketQty: string;
  /** Smallest price x size of an opening order, quote units; '0' when the venue has none. */
  readonly minNotional: string;
  /** A buy may be at most mark x up, a sell at least mark x down. */
  readonly multiplierUp: string;
  readonly multiplierDown: string;
  readonly maxOpenOrders: number;
  readonly trading: boolean;
};

export type Instrument = InstrumentSpec & {
  /** Atoms of the quote asset in one tick x one lot. */
  readonly atomsPerTickLot: bigint;
  /** One lot, in 1e-8 of the base asset. */
  readonly stepAtoms: bigint;
  readonly minPriceTicks: Ticks;
  readonly maxPriceTicks: Ticks;
  readonly minLots: Lots;
  readonly maxLots: Lots;
  readonly maxMarketLots: Lots;
  readonly minNotionalAtoms: Atoms;
  /** Changes when any field of the spec does; whole ticks and lots of two versions are never mixed. */
  readonly version: string;
};

const BOUNDS = ['minPrice', 'maxPrice', 'minQty', 'maxQty', 'maxMarketQty'] as const;

/** Checks and completes a spec; a sentence when steps are malformed or too fine to count money exactly. */
export function makeInstrument(spec: InstrumentSpec): Instrument | string {
  const places = decimalsOf(trim(spec.tickSize)) + decimalsOf(trim(spec.stepSize));
  const tick = parseAtoms(spec.tickSize);
  const step = parseAtoms(spec.stepSize);
  const minNotionalAtoms = parseAtoms(spec.minNotional);
  if (tick === null || step === null || tick <= 0n || step <= 0n)
    return `${spec.symbol}: tick ${spec.tickSize} or step ${spec.stepSize} is not a positive decimal`;
  if (places > ATOM_DECIMALS) return `${spec.symbol}: tick ${spec.tickSize} times step ${spec.stepSize} is finer than 1e-${ATOM_DECIMALS}`;
  if (minNotionalAtoms === null) return `${spec.symbol}: minimum notional ${spec.minNotional} is not a decimal`;
  const down = (text: string, by: string): number => floorOrNull({ text, step: by }) ?? Number.NaN;
  const up = (text: string, by: string): number => -down(negate(text), by);
  const bounds = {
    minPrice: up(spec.minPrice, spec.tickSize),
    maxPrice: down(spec.maxPrice, spec.tickSize),
    minQty: up(spec.minQty, spec.stepSize),
    maxQty: down(spec.maxQty, spec.stepSize),
    maxMarketQty: down(spec.maxMarketQty, spec.stepSize),
  };
  for (const name of BOUNDS)
    if (Number.isNaN(bounds[name])) return `${spec.symbol}: ${name} ${spec[name]} is not a decimal that can be counted in steps`;
  return {
    ...spec,
    atomsPerTickLot: (tick * step) / 10n ** BigInt(ATOM_DECIMALS),
    stepAtoms: step,
    minPriceTicks: ticks(Math.max(1, bounds.minPrice)),
    maxPriceTicks: ticks(bounds.maxPrice),
    minLots: lots(Math.max(1, bounds.minQty)),
    maxLots: lots(bounds.maxQty),
    maxMarketLots: lots(Math.min(bounds.maxMarketQty, bounds.maxQty)),
    minNotionalAtoms,
    version: JSON.stringify(Object.values(spec)),
  };
}

/** Null when malformed or not a multiple of the tick. */
export function parsePrice(instrument: Instrument, text: string): Ticks | null {
  const count = countSteps({ text, step: instrument.tickSize });
  return count === null ? null : ticks(count);
}

/** Null when malformed or not a multiple of the step; may be negative (a short position). */
export function parseSize(instrument: Instrument, text: string): Lots | null {
  const count = countSteps({ text, step: instrument.stepSize });
  return count === null ? null : lots(count);
}

export const formatPrice = (instrument: Instrument, price: Ticks): string => formatSteps({ count: price, step: instrument.tickSize });
export const formatSize = (instrument: Instrument, size: Lots): string => formatSteps({ count: size, step: instrument.stepSize });

/** Price x size, exact; the sign is that of the size. */
export const notionalOf = (instrument: Instrument, { price, size }: { readonly price: Ticks; readonly size: Lots }): Atoms =>
  atoms(BigInt(price) * BigInt(size) * instrument.atomsPerTickLot);

/** Price in quote units as a number, to a hundredth of a tick's last decimal: for signals and display, never for an order. */
export const priceNumber = (instrument: Instrument, price: number): number =>
  Number((price * Number(instrument.tickSize)).toFixed(decimalsOf(instrument.tickSize) + 2));

/** Ticks of an arbitrary-precision price (mark prices have more digits than the tick), as a fraction: for signals and limits. */
export const fractionalTicks = (instrument: Instrument, text: string): number => Number(text) / Number(instrument.tickSize);

/** Whole steps in a decimal of any precision, rounded down (towards minus infinity). Throws on a malformed decimal: edges check first. */
export function floorSteps({ text, step }: { readonly text: string; readonly step: string }): number {
  const count = floorOrNull({ text, step });
  if (count === null) throw new RangeError(`Cannot count steps of ${step} in ${text}`);
  return count;
}

function floorOrNull({ text, step }: { readonly text: string; readonly step: string }): number | null {
  const quick = quickSteps(text, step);
  if (typeof quick === 'number') return quick;
  const scale = Math.max(decimalsOf(text), decimalsOf(step));
  const [value, size] = [scaledDecimal(text, scale), scaledDecimal(step, scale)];
  if (value === null || size === null || size <= 0n) return null;
  const count = Number(value / size - (value % size < 0n ? 1n : 0n));
  return Number.isSafeInteger(count) ? count : null;
}

const trim = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
const negate = (text: string): string => (text.startsWith('-') ? text.slice(1) : `-${text}`);
