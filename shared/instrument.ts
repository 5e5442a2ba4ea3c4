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
  readonly minPriceTicks: Ticks;
  readonly maxPriceTicks: Ticks;
  readonly minLots: Lots;
  readonly maxLots: Lots;
  readonly maxMarketLots: Lots;
  readonly minNotionalAtoms: Atoms;
  /** Changes when any field of the spec does; whole ticks and lots of two versions are never mixed. */
  readonly version: string;
};

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
  const floor = (text: string, by: string): number => floorSteps({ text, step: by });
  return {
    ...spec,
    atomsPerTickLot: (tick * step) / 10n ** BigInt(ATOM_DECIMALS),
    minPriceTicks: ticks(Math.max(1, -floor(negate(spec.minPrice), spec.tickSize))),
    maxPriceTicks: ticks(floor(spec.maxPrice, spec.tickSize)),
    minLots: lots(Math.max(1, -floor(negate(spec.minQty), spec.stepSize))),
    maxLots: lots(floor(spec.maxQty, spec.stepSize)),
    maxMarketLots: lots(Math.min(floor(spec.maxMarketQty, spec.stepSize), floor(spec.maxQty, spec.stepSize))),
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

/** Price in quote units as a number: for signals and display, never for an order. */
export const priceNumber = (instrument: Instrument, price: number): number => price * Number(instrument.tickSize);

/** Ticks of an arbitrary-precision price (mark prices have more digits than the tick), as a fraction: for signals and limits. */
export const fractionalTicks = (instrument: Instrument, text: string): number => Number(text) / Number(instrument.tickSize);

/** Whole steps in a decimal of any precision, rounded down (towards minus infinity). Throws on a malformed decimal: edges check first. */
export function floorSteps({ text, step }: { readonly text: string; readonly step: string }): number {
  const scale = Math.max(decimalsOf(text), decimalsOf(step));
  const unit = `0.${'0'.repeat(Math.max(0, scale - 1))}1`;
  const fine = scale === 0 ? '1' : unit;
  const [value, size] = [countSteps({ text, step: fine }), countSteps({ text: step, step: fine })];
  if (value === null || size === null || size <= 0) throw new RangeError(`Cannot count steps of ${step} in ${text}`);
  return Math.floor(value / size);
}

const trim = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
const negate = (text: string): string => (text.startsWith('-') ? text.slice(1) : `-${text}`);
