/** What the paper exchange says, in the words of the venue port. Pure. */
import type { AccountEvent, FillReport, OrderReport, PositionReport, StopReport } from '../../../shared/events.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { AlgoReject, AlgoRejectKind } from '../../../shared/sim/algo-checks.ts';
import type { AlgoOrder, AlgoStatus } from '../../../shared/sim/algo-order.ts';
import type { Execution, ExpiryReason, OrderStatus, OwnTrade, SimOrder, UserEvent } from '../../../shared/sim/exchange-events.ts';
import { entryPriceOf, type Position } from '../../../shared/sim/position.ts';
import { formatAtoms, lots, type WallMs, wallMs } from '../../../shared/units.ts';
import type { FaultKind, VenueFault, VenueOrder } from '../venue.ts';

const at = (ms: number): WallMs => wallMs(Math.floor(ms));

const STATES: Readonly<Record<OrderStatus, OrderReport['state']>> = {
  new: 'accepted',
  'partially-filled': 'partially-filled',
  filled: 'filled',
  canceled: 'canceled',
  expired: 'expired',
  'expired-in-match': 'expired',
};

/** Only what happened tells `amended`; else the state speaks. */
const EXECUTED: Partial<Record<Execution, OrderReport['state']>> = { new: 'accepted', amended: 'amended', canceled: 'canceled' };

const REASONS: Readonly<Record<ExpiryReason, string>> = {
  none: '',
  'self-trade': 'self-trade',
  'ioc-left': 'ioc-remainder',
  'ioc-self-trade': 'self-trade',
  'reduce-only': 'reduce-only',
  delisted: 'delisted',
  liquidated: 'liquidation',
  'market-left': 'thin-market',
};

function reportOf(order: SimOrder, state: OrderReport['state']): OrderReport {
  return {
    kind: 'order',
    symbol: order.symbol,
    clientId: order.clientId,
    venueId: order.id,
    state,
    side: order.side,
    price: order.type === 'market' ? null : order.price,
    size: order.size,
    filled: order.filled,
    reduceOnly: order.reduceOnly,
    reason: order.forced ?? REASONS[order.expiry],
    atMs: at(order.updatedMs),
  };
}

export const orderOf = (order: SimOrder): VenueOrder => ({
  ...reportOf(order, STATES[order.status]),
  orderKind: order.type,
  timeInForce: order.timeInForce === 'gtd' ? 'gtc' : order.timeInForce,
});

export const fillOf = ({ id, order, price, size, maker, fee, feeAsset, realized, atMs }: OwnTrade): FillReport => ({
  kind: 'fill',
  symbol: order.symbol,
  clientId: order.clientId,
  venueId: order.id,
  tradeId: String(id),
  side: order.side,
  price,
  size,
  maker,
  fee,
  feeAsset,
  realizedPnl: realized,
  atMs: at(atMs),
});

export const positionOf = (instrument: Instrument, position: Position, atMs: number): PositionReport => ({
  kind: 'position',
  symbol: instrument.symbol,
  size: position.size,
  entryPrice: position.size === lots(0) ? '0' : formatAtoms(entryPriceOf(instrument, position)),
  realized: position.realized,
  atMs: at(atMs),
});

const STOP_STATES: Readonly<Record<AlgoStatus, StopReport['state']>> = {
  new: 'waiting',
  triggering: 'triggering',
  triggered: 'triggered',
  finished: 'finished',
  canceled: 'canceled',
  rejected: 'rejected',
  expired: 'expired',
};

export const stopOf = (order: AlgoOrder): StopReport => ({
  kind: 'stop',
  symbol: order.symbol,
  clientId: order.clientId,
  venueId: order.id,
  state: STOP_STATES[order.status],
  side: order.side,
  trigger: order.trigger,
  size: order.size ?? lots(0),
  reduceOnly: order.reduceOnly || order.size === null,
  childId: order.child?.id ?? '',
  reason: order.reason ?? '',
  atMs: at(order.updatedMs),
});

/** One event of the account, as a live venue's stream tells it: a fast fill notice first, then the order, then balances and positions. */
export function eventsOf(event: UserEvent, instruments: ReadonlyMap<string, Instrument>): readonly AccountEvent[] {
  switch (event.kind) {
    case 'fill':
      return [{ ...fillOf(event.trade), fee: null, feeAsset: null, realizedPnl: null }];
    case 'order': {
      const report = reportOf(event.order, EXECUTED[event.execution] ?? STATES[event.order.status]);
      return event.trade ? [fillOf(event.trade), report] : [report]; // the fill first: a cumulative size is never ahead of the fills told
    }
    case 'account':
      return accountEvents(event, instruments);
    case 'algo':
      return [stopOf(event.order)];
    case 'leverage':
      return [{ kind: 'leverage', symbol: event.symbol, leverage: event.leverage, atMs: at(event.atMs) }];
    case 'margin-call':
    case 'asset-mode':
      return [];
    default:
      throw new Error(`Cannot tell ${JSON.stringify(event satisfies never)}`);
  }
}

function accountEvents(
  { atMs, reason, wallets, positions, symbol }: Extract<UserEvent, { kind: 'account' }>,
  instruments: ReadonlyMap<string, Instrument>,
): readonly AccountEvent[] {
  const time = at(atMs);
  const balances = wallets.map(({ asset, wallet }): AccountEvent => ({ kind: 'balance', asset, wallet, available: null, atMs: time }));
  const funding =
    reason === 'funding'
      ? wallets.map(({ asset, change }): AccountEvent => ({ kind: 'funding', symbol, asset, amount: change, atMs: time }))
      : [];
  const held = positions.flatMap((state): AccountEvent[] => {
    const instrument = instruments.get(state.symbol);
    return instrument ? [positionOf(instrument, state.position, atMs)] : [];
  });
  return [...balances, ...funding, ...held];
}

type Meaning = readonly [kind: FaultKind, reason: string];

/** The same neutral reasons that a live adapter gives for the same refusals. */
const REFUSALS: Readonly<Record<AlgoRejectKind, Meaning>> = {
  'price-below-minimum': ['rejected', 'filter'],
  'price-above-maximum': ['rejected', 'filter'],
  'price-too-high': ['rejected', 'price-band'],
  'price-too-low': ['rejected', 'price-band'],
  'size-not-positive': ['rejected', 'filter'],
  'size-below-minimum': ['rejected', 'filter'],
  'size-above-maximum': ['rejected', 'filter'],
  'notional-too-small': ['rejected', 'min-notional'],
  'counterparty-outside-band': ['rejected', 'thin-market'],
  'duplicate-client-id': ['unknown', 'duplicate-id'],
  'too-many-orders': ['rejected', 'open-order-limit'],
  'reduce-only': ['rejected', 'reduce-only-refused'],
  'not-reduce-only': ['rejected', 'not-reduce-only'],
  'margin-insufficient': ['rejected', 'insufficient-margin'],
  'leverage-cap': ['rejected', 'insufficient-margin'],
  'would-take': ['rejected', 'post-only-would-take'],
  unfillable: ['rejected', 'fok-not-fillable'],
  'unknown-order': ['gone', 'not-found'],
  'not-limit': ['rejected', 'not-amendable'],
  'side-differs': ['rejected', 'malformed'],
  'no-change': ['rejected', 'no-change'],
  'price-off-tick': ['rejected', 'filter'],
  'size-off-step': ['rejected', 'filter'],
  'too-many-amends': ['rejected', 'not-amendable'],
  'no-depth': ['rejected', 'empty-book'],
  'symbol-closed': ['rejected', 'symbol'],
  'symbol-not-trading': ['rejected', 'symbol'],
  'symbol-not-opening': ['rejected', 'symbol'],
  'amend-not-trading': ['rejected', 'symbol'],
  'would-trigger': ['rejected', 'would-trigger'],
  'too-many-conditionals': ['rejected', 'open-order-limit'],
  'close-order-exists': ['rejected', 'stop-exists'],
  'no-position': ['rejected', 'reduce-only-refused'],
  'limit-too-far-above-trigger': ['rejected', 'price-band'],
  'limit-too-far-below-trigger': ['rejected', 'price-band'],
  triggering: ['unknown', 'triggering'],
};

export function faultOf({ kind: refused, limit }: AlgoReject): VenueFault {
  const [kind, reason] = REFUSALS[refused];
  return { kind, reason, sentence: `paper exchange: ${refused}${limit === undefined ? '' : `, limit is ${limit}`}` };
}

/** Nothing was matched, and it may be asked again. */
export const notNow = (sentence: string): VenueFault => ({
  kind: 'busy',
  reason: 'book-not-live',
  sentence: `paper exchange: ${sentence}`,
});
export const notOurs = (symbol: string): VenueFault => ({
  kind: 'rejected',
  reason: 'symbol',
  sentence: `not sent: ${symbol} is not a configured symbol`,
});
export const noSuch = (what: 'order' | 'stop'): VenueFault => ({
  kind: 'gone',
  reason: 'not-found',
  sentence: `paper exchange: no such ${what}`,
});
