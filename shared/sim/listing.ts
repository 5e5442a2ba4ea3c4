/**
 * How a symbol is listed now: whether it trades, and its filters as announced. Both may change while the market goes on: its engine keeps
 * its own ticks and lots, so announced steps can only become whole multiples of those.
 */
import { type Instrument, type InstrumentSpec, makeInstrument } from '../instrument.ts';
import { countSteps, type Lots, type Ticks } from '../units.ts';
import type { Reject } from './order-checks.ts';
import type { TradingStatus } from './trading-status.ts';

/** Engine ticks in an announced tick, engine lots in an announced step. */
export type Grid = { readonly ticks: number; readonly lots: number };

export type Listing = {
  readonly status: TradingStatus;
  /** As the world reads it. */
  readonly announced: Instrument;
  /** The announced filters, counted in the engine's ticks and lots. */
  readonly rules: Instrument;
  readonly grid: Grid;
};

export type FilterChange = Partial<
  Pick<
    InstrumentSpec,
    'tickSize' | 'stepSize' | 'minPrice' | 'maxPrice' | 'minQty' | 'maxQty' | 'maxMarketQty' | 'minNotional' | 'maxOpenOrders'
  >
>;

export const firstListing = (engine: Instrument): Listing => ({
  status: engine.trading ? 'TRADING' : 'SETTLING',
  announced: engine,
  rules: engine,
  grid: { ticks: 1, lots: 1 },
});

/** The listing with other filters; a sentence when they cannot be. */
export function relist(engine: Instrument, listing: Listing, change: FilterChange): Listing | string {
  const spec = { ...specOf(listing.announced), ...change };
  const announced = makeInstrument({ ...spec, minQty: change.minQty ?? largerOf(spec.minQty, spec.stepSize) });
  if (typeof announced === 'string') return announced;
  const rules = makeInstrument({ ...specOf(announced), tickSize: engine.tickSize, stepSize: engine.stepSize });
  if (typeof rules === 'string') return rules;
  const ticks = countSteps({ text: announced.tickSize, step: engine.tickSize });
  const lots = countSteps({ text: announced.stepSize, step: engine.stepSize });
  if (!ticks || ticks < 1) return `tickSize: ${announced.tickSize} is no multiple of ${engine.tickSize}`;
  if (!lots || lots < 1) return `stepSize: ${announced.stepSize} is no multiple of ${engine.stepSize}`;
  return { ...listing, announced, rules, grid: { ticks, lots } };
}

/** Whether price and size are whole announced steps; `price` null is a market order's. */
export function checkGrid({ grid }: Listing, { price, size }: { readonly price: Ticks | null; readonly size: Lots }): Reject | null {
  if (price !== null && price % grid.ticks !== 0) return { kind: 'price-off-tick' };
  return size % grid.lots === 0 ? null : { kind: 'size-off-step' };
}

/** Without what follows from it. */
function specOf(instrument: Instrument): InstrumentSpec {
  return {
    symbol: instrument.symbol,
    baseAsset: instrument.baseAsset,
    quoteAsset: instrument.quoteAsset,
    tickSize: instrument.tickSize,
    stepSize: instrument.stepSize,
    minPrice: instrument.minPrice,
    maxPrice: instrument.maxPrice,
    minQty: instrument.minQty,
    maxQty: instrument.maxQty,
    maxMarketQty: instrument.maxMarketQty,
    minNotional: instrument.minNotional,
    multiplierUp: instrument.multiplierUp,
    multiplierDown: instrument.multiplierDown,
    maxOpenOrders: instrument.maxOpenOrders,
    trading: instrument.trading,
  };
}

const largerOf = (a: string, b: string): string => (Number(a) >= Number(b) ? a : b);
