/** Builders of the order side: an instrument, reports of a venue, a ledger in memory. */
import { makeClientId, type Role } from '../../shared/client-id.ts';
import type { FillReport, OrderReport, PositionReport } from '../../shared/events.ts';
import { type Instrument, type InstrumentSpec, makeInstrument } from '../../shared/instrument.ts';
import { atoms, lots, monoMs, ticks, wallMs } from '../../shared/units.ts';
import { Ledger } from '../../gateway/account/ledger.ts';
import type { Archive, Now } from '../../gateway/account/rows.ts';
import type { OrderRequest } from '../../gateway/venues/venue.ts';

export const SPEC: InstrumentSpec = {
  symbol: 'BTCUSDT',
  baseAsset: 'BTC',
  quoteAsset: 'USDT',
  tickSize: '0.10',
  stepSize: '0.001',
  minPrice: '100',
  maxPrice: '1000000',
  minQty: '0.001',
  maxQty: '1000',
  maxMarketQty: '0.120',
  minNotional: '50',
  multiplierUp: '1.05',
  multiplierDown: '0.95',
  maxOpenOrders: 200,
  trading: true,
};

export function instrument(over: Partial<InstrumentSpec> = {}): Instrument {
  const made = makeInstrument({ ...SPEC, ...over });
  if (typeof made === 'string') throw new Error(made);
  return made;
}

export const at = (ms: number): Now => ({ mono: monoMs(ms), wall: wallMs(1_700_000_000_000 + ms) });
export const id = (counter: number, { role = 'quote', epoch = 1 }: { readonly role?: Role; readonly epoch?: number } = {}): string =>
  makeClientId({ role, epoch, counter });

export const request = (over: Partial<OrderRequest> = {}): OrderRequest => ({
  symbol: 'BTCUSDT',
  clientId: id(1),
  side: 'buy',
  kind: 'limit',
  timeInForce: 'post-only',
  price: ticks(600_000),
  size: lots(10),
  reduceOnly: false,
  ...over,
});

export const report = (over: Partial<OrderReport> = {}): OrderReport => ({
  kind: 'order',
  symbol: 'BTCUSDT',
  clientId: id(1),
  venueId: 'v1',
  state: 'accepted',
  side: 'buy',
  price: ticks(600_000),
  size: lots(10),
  filled: lots(0),
  reduceOnly: false,
  reason: '',
  atMs: wallMs(1_000),
  ...over,
});

export const fill = (over: Partial<FillReport> = {}): FillReport => ({
  kind: 'fill',
  symbol: 'BTCUSDT',
  clientId: id(1),
  venueId: 'v1',
  tradeId: '100',
  side: 'buy',
  price: ticks(600_000),
  size: lots(4),
  maker: true,
  fee: atoms(1_000n),
  feeAsset: 'USDT',
  realizedPnl: atoms(0n),
  atMs: wallMs(1_001),
  ...over,
});

export const position = (over: Partial<PositionReport> = {}): PositionReport => ({
  kind: 'position',
  symbol: 'BTCUSDT',
  size: lots(0),
  entryPrice: '0',
  atMs: wallMs(2_000),
  ...over,
});

export const NO_ARCHIVE: Archive = { findOrder: () => null, findFill: () => null, fillsOfOrder: () => [] };

export function ledger({
  baseline = 0,
  instruments = [instrument()],
}: {
  readonly baseline?: number;
  readonly instruments?: readonly Instrument[];
} = {}): Ledger {
  const made = new Ledger({
    instruments: new Map(instruments.map((one) => [one.symbol, one])),
    archive: NO_ARCHIVE,
    state: { orders: [], positions: [], fillSeq: 0, loose: [] },
  });
  for (const { symbol } of instruments)
    made.adoptBaseline({
      report: position({ symbol, size: lots(baseline), entryPrice: baseline === 0 ? '0' : '60000' }),
      sinceTradeId: null,
      now: at(0),
    });
  return made;
}
