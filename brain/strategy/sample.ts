/** A market for a first try of a strategy: flat, calm, two levels a side of 60000.00 and 60000.10. Nothing in it is real. Pure. */
import { makeInstrument } from '../../shared/instrument.ts';
import type { BarRow } from '../../shared/snapshot.ts';
import { lots, ticks, wallMs } from '../../shared/units.ts';
import { type Definition, ownStrategy } from './own.ts';
import type { SymbolView, Wish } from './strategy.ts';

const SPEC = {
  symbol: 'BTCUSDT',
  baseAsset: 'BTC',
  quoteAsset: 'USDT',
  tickSize: '0.10',
  stepSize: '0.001',
  minPrice: '100',
  maxPrice: '1000000',
  minQty: '0.001',
  maxQty: '1000',
  maxMarketQty: '120',
  minNotional: '50',
  multiplierUp: '1.05',
  multiplierDown: '0.95',
  maxOpenOrders: 200,
  trading: true,
} as const;
const START_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;

/** `over` replaces single parts of it: `sampleView({ position: lots(20) })` is long 0.020. */
export function sampleView(over: Partial<SymbolView> = {}): SymbolView {
  const instrument = makeInstrument(SPEC);
  if (typeof instrument === 'string') throw new Error(`Cannot make the sample market: ${instrument}`);
  const level = (price: number, size: number) => ({ price: ticks(price), size: lots(size) });
  return {
    symbol: SPEC.symbol,
    instrument,
    bids: [level(600_000, 1_000), level(599_999, 2_000)],
    asks: [level(600_001, 1_000), level(600_002, 2_000)],
    bestBid: ticks(600_000),
    bestAsk: ticks(600_001),
    atMs: wallMs(START_MS),
    position: lots(0),
    netPosition: over.position ?? lots(0),
    entryPrice: null,
    bars: null,
    openBar: null,
    markTicks: 600_000.5,
    funding: { rate: 0.0001, nextMs: wallMs(START_MS + 3_600_000) },
    commission: { maker: 0.0002, taker: 0.0005 },
    orders: [],
    trades: null,
    fills: [],
    ...over,
  };
}

/** Closed bars that rise and fall by turns, the newest last. */
export const sampleBars = (count: number): readonly BarRow[] =>
  Array.from({ length: count }, (_, n): BarRow => {
    const close = String(60_000 + (n % 7) * 10);
    return [START_MS - (count - n) * MINUTE_MS, '60000', '60070', '59990', close, '12.5'];
  });

/** What a strategy wants of a view when it has seen nothing else; `parameters` differ from its defaults. Throws where they may not. */
export function firstWish<Parameters, State>(
  definition: Definition<Parameters, State>,
  { view = sampleView(), parameters = {} }: { readonly view?: SymbolView; readonly parameters?: object } = {},
): Wish {
  const checked = definition.parameters.parse(parameters);
  const strategy = ownStrategy(definition, { name: 'trial', parameters: checked, bars: definition.reads?.bars ? '1m' : null });
  return strategy.decide(view, strategy.initial()).wish;
}
