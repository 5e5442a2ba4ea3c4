/** Binance USD-M messages to shared events: strings to ticks, lots and atoms, exactly, or not at all. Pure. */
import type { AccountEvent, Bar, FillReport, ForcedClose, Mark, OrderReport, PublicTrade } from '../../../shared/events.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import { lots, trimDecimal, type WallMs, wallMs } from '../../../shared/units.ts';
import type { AccountFrame } from '../../account/session.ts';
import { stopEvent } from './algo.ts';
import { exactAtoms, exactly, exactPrice, exactSize, Inexact, orderPrice, sideOf } from './exact.ts';
import {
  type AccountConfigUpdate,
  type AccountUpdate,
  type AlgoUpdate,
  type ContractInfo,
  type MarginCallUpdate,
  MarketEvent,
  Named,
  type OrderTradeUpdate,
  parseJson,
  type PriceEvent,
  type TradeLite,
  UserEvent,
  Wrapped,
} from './wire.ts';

type Instruments = ReadonlyMap<string, Instrument>;

// Market route

export type MarketNews =
  | { readonly kind: 'trade'; readonly trade: PublicTrade }
  | { readonly kind: 'mark'; readonly mark: Mark }
  | { readonly kind: 'bar'; readonly symbol: string; readonly interval: string; readonly bar: Bar; readonly final: boolean }
  /** Something about a contract changed; `symbol` is null when it is none of ours. */
  | { readonly kind: 'contract'; readonly symbol: string | null; readonly status: string };

/** One frame of the market route; a sentence when it is malformed, off step or of a symbol we did not ask for. */
export function decodeMarket(text: string, instruments: Instruments): MarketNews | string {
  const json = parseJson(text);
  const wrapped = Wrapped.safeParse(json?.value);
  const event = MarketEvent.safeParse(wrapped.success ? wrapped.data.data : json?.value);
  if (!event.success) return 'not a known market event';
  const { data } = event;
  if (data.e === 'contractInfo') return contractNews(data, instruments);
  const instrument = instruments.get(data.s);
  if (!instrument) return 'an event of a symbol that was not asked for';
  return exactly(() => marketNews(data, instrument));
}

/** The stream is of all contracts, coin-margined ones among them (reference sheet 2026-11, 6). */
const contractNews = ({ s, cs, st = 1 }: ContractInfo, instruments: Instruments): MarketNews => ({
  kind: 'contract',
  symbol: st === 1 && instruments.has(s) ? s : null,
  status: cs,
});

/** Reference sheet 2026-11, 6: `m` says that the buyer was maker, so the aggressor sold; `T` of a mark is the next funding time. */
function marketNews(event: PriceEvent, instrument: Instrument): MarketNews {
  const symbol = event.s;
  switch (event.e) {
    case 'aggTrade': {
      const price = exactPrice(instrument, event.p);
      const size = exactSize(instrument, event.q);
      return {
        kind: 'trade',
        trade: { symbol, tradeId: event.a, price, size, aggressor: event.m ? 'sell' : 'buy', atMs: wallMs(event.T) },
      };
    }
    case 'markPriceUpdate': {
      const mark = {
        symbol,
        markPrice: trimDecimal(event.p),
        indexPrice: trimDecimal(event.i),
        fundingRate: trimDecimal(event.r),
        nextFundingMs: wallMs(event.T),
      };
      return { kind: 'mark', mark };
    }
    case 'kline': {
      const { t, i, o, h, l, c, v, x } = event.k;
      return { kind: 'bar', symbol, interval: i, bar: { openMs: t, open: o, high: h, low: l, close: c, volume: v }, final: x };
    }
  }
}

// Private route

const USER_EVENTS: ReadonlySet<string> = new Set(UserEvent.options.map((option) => option.shape.e.value));

/** One frame of the user data stream. Events of symbols that we do not trade are dropped; balances are of the account and never are. */
export function decodeUser(text: string, instruments: Instruments): AccountFrame {
  const json = parseJson(text);
  const wrapped = Wrapped.safeParse(json?.value);
  const value = wrapped.success ? wrapped.data.data : json?.value;
  const named = Named.safeParse(value);
  if (!named.success) return { kind: 'unreadable', sentence: 'a message that is not an event' };
  const name = named.data.e;
  if (!USER_EVENTS.has(name)) return { kind: 'unknown', name };
  const event = UserEvent.safeParse(value);
  if (!event.success)
    return { kind: 'unreadable', sentence: `${name}: ${event.error.issues[0]?.path.join('.') ?? ''} is not as documented` };
  if (event.data.e === 'listenKeyExpired') return { kind: 'expired' };
  const { data } = event;
  const events = exactly(() => userEvents(data, instruments));
  return typeof events === 'string' ? { kind: 'unreadable', sentence: events } : { kind: 'events', events };
}

type Told = OrderTradeUpdate | TradeLite | AlgoUpdate | AccountUpdate | AccountConfigUpdate | MarginCallUpdate;

function userEvents(event: Told, instruments: Instruments): readonly AccountEvent[] {
  switch (event.e) {
    case 'ORDER_TRADE_UPDATE': {
      const instrument = instruments.get(event.o.s);
      return instrument ? orderEvents(event, instrument) : [];
    }
    case 'TRADE_LITE': {
      const instrument = instruments.get(event.s);
      return instrument ? [liteFill(event, instrument)] : [];
    }
    case 'ALGO_UPDATE': {
      const instrument = instruments.get(event.o.s);
      return instrument ? [stopEvent(event, instrument)] : [];
    }
    case 'ACCOUNT_UPDATE':
      return accountEvents(event, instruments);
    case 'ACCOUNT_CONFIG_UPDATE':
      return configEvents(event, instruments);
    case 'MARGIN_CALL':
      return [{ kind: 'margin-call', symbols: event.p.map(({ s }) => s), atMs: wallMs(event.E) }];
  }
}

function configEvents({ ac, ai, T }: AccountConfigUpdate, instruments: Instruments): readonly AccountEvent[] {
  const atMs = wallMs(T);
  return [
    ...(ac && instruments.has(ac.s) ? [{ kind: 'leverage', symbol: ac.s, leverage: ac.l, atMs } as const] : []),
    ...(ai ? [{ kind: 'multi-assets', on: ai.j, atMs } as const] : []),
  ];
}

/** The fill comes before the report of the order it belongs to, so that a cumulative size is never ahead of the fills told. */
function orderEvents({ o, T }: OrderTradeUpdate, instrument: Instrument): readonly AccountEvent[] {
  const atMs = wallMs(o.T ?? T);
  const report: OrderReport = {
    kind: 'order',
    symbol: o.s,
    clientId: o.c,
    venueId: o.i,
    state: streamState(o, instrument),
    side: sideOf(o.S),
    price: o.o === 'MARKET' || Number(o.p) === 0 ? null : orderPrice(instrument, { text: o.p, state: streamState(o, instrument) }),
    size: exactSize(instrument, o.q),
    filled: exactSize(instrument, o.z),
    reduceOnly: o.R,
    reason: endReason(o),
    atMs,
  };
  const what = forcedBy(o.c);
  const forced: AccountEvent[] = what === null ? [] : [{ kind: 'forced-close', symbol: o.s, clientId: o.c, what, atMs }];
  const executed = (o.x === 'TRADE' || o.x === 'CALCULATED') && exactSize(instrument, o.l) > 0;
  return [...(executed ? [fillOf(o, { instrument, atMs })] : []), ...forced, report];
}

/** Orders that the venue makes by itself, by their client ids (8.2). */
function forcedBy(clientId: string): ForcedClose['what'] | null {
  if (clientId.startsWith('autoclose-')) return 'liquidation';
  if (clientId === 'adl_autoclose') return 'adl';
  return /^(?:settlement|delivery)_autoclose-/.test(clientId) ? 'settlement' : null;
}

/** Reference sheet 2026-11, 8.2. A fill without a trade id (liquidation, ADL) is named by its order's filled total, which no other has. */
function fillOf(o: OrderTradeUpdate['o'], { instrument, atMs }: { readonly instrument: Instrument; readonly atMs: WallMs }): FillReport {
  const fee = o.n ?? null; // absent is unknown, not zero: the list of trades tells it
  return {
    kind: 'fill',
    symbol: o.s,
    clientId: o.c,
    venueId: o.i,
    tradeId: o.t === '0' ? `${o.i}@${exactSize(instrument, o.z)}` : o.t,
    side: sideOf(o.S),
    price: exactPrice(instrument, o.L),
    size: exactSize(instrument, o.l),
    maker: o.m,
    fee: fee === null ? null : exactAtoms(fee),
    feeAsset: o.N ?? null,
    realizedPnl: o.rp === undefined ? null : exactAtoms(o.rp),
    atMs,
  };
}

/** Earlier than ORDER_TRADE_UPDATE and without fee: the same trade id comes again with the rest (8.3). */
const liteFill = (event: TradeLite, instrument: Instrument): FillReport => ({
  kind: 'fill',
  symbol: event.s,
  clientId: event.c,
  venueId: event.i,
  tradeId: event.t,
  side: sideOf(event.S),
  price: exactPrice(instrument, event.L),
  size: exactSize(instrument, event.l),
  maker: event.m,
  fee: null,
  feeAsset: null,
  realizedPnl: null,
  atMs: wallMs(event.T),
});

/** Execution type first, because liquidation fills show status NEW (8.2). */
function streamState(o: OrderTradeUpdate['o'], instrument: Instrument): OrderReport['state'] {
  switch (o.x) {
    case 'NEW':
      return 'accepted';
    case 'AMENDMENT':
      return 'amended';
    case 'CANCELED':
      return 'canceled';
    case 'EXPIRED':
      return 'expired';
    case 'REJECTED':
      return 'rejected';
    case 'TRADE':
    case 'CALCULATED':
      if (o.X === 'EXPIRED' || o.X === 'EXPIRED_IN_MATCH') return 'expired';
      return exactSize(instrument, o.z) >= exactSize(instrument, o.q) ? 'filled' : 'partially-filled';
    default:
      throw new Inexact(`execution type ${o.x} is not a documented one`);
  }
}

/** Expiry reasons (8.2, `er`). */
const EXPIRY: Readonly<Record<string, string>> = {
  '1': 'self-trade',
  '2': 'ioc-remainder',
  '3': 'self-trade',
  '4': 'reduce-only',
  '5': 'liquidation',
  '6': 'condition-gone',
  '7': 'delisted',
  '8': 'stop-triggered',
  '9': 'thin-market',
  '10': 'fok-not-fillable',
  '11': 'post-only-would-take',
};

function endReason(o: OrderTradeUpdate['o']): string {
  return forcedBy(o.c) ?? EXPIRY[o.er ?? '0'] ?? (o.X === 'EXPIRED_IN_MATCH' ? 'self-trade' : '');
}

/** Reference sheet 2026-11, 8.4: only what changed is there. */
function accountEvents({ T, a }: AccountUpdate, instruments: Instruments): readonly AccountEvent[] {
  const atMs = wallMs(T);
  const balances = a.B.map((row): AccountEvent => ({ kind: 'balance', asset: row.a, wallet: exactAtoms(row.wb), available: null, atMs }));
  const funding = a.m === 'FUNDING_FEE' ? a.B.map((row): AccountEvent => fundingOf(row, { atMs, symbol: a.S ?? a.P[0]?.s ?? null })) : [];
  const positions = a.P.flatMap((row): AccountEvent[] => {
    const instrument = instruments.get(row.s);
    if (!instrument) return [];
    const size = exactSize(instrument, row.pa);
    if (row.ps !== 'BOTH' && size !== 0) throw new Inexact(`${row.s}: a ${row.ps} position; the account is in hedge mode`);
    if (row.ps !== 'BOTH') return [];
    const realized = row.cr === undefined ? {} : { realized: exactAtoms(row.cr) };
    return [{ kind: 'position', symbol: row.s, size, entryPrice: size === lots(0) ? '0' : trimDecimal(row.ep), ...realized, atMs }];
  });
  return [...balances, ...funding, ...positions];
}

type FundingAt = { readonly atMs: WallMs; readonly symbol: string | null };

function fundingOf(row: AccountUpdate['a']['B'][number], { atMs, symbol }: FundingAt): AccountEvent {
  if (row.bc === undefined) throw new Inexact('a funding fee without its amount');
  return { kind: 'funding', symbol, asset: row.a, amount: exactAtoms(row.bc), atMs };
}
