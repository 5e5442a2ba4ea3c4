/** Builders of what the brain reads: documents of one snapshot, the view of a strategy, settings, a turn. */
import { Config } from '../../shared/config.ts';
import { parsePrice, parseSize } from '../../shared/instrument.ts';
import { Risk } from '../../shared/risk.ts';
import {
  type BalanceDoc,
  type BookDoc,
  type FillDoc,
  type Header,
  type InstrumentDoc,
  type OrderDoc,
  type OrdersDoc,
  type PositionDoc,
  type TradeDoc,
  keysOf,
  SCHEMA_VERSION,
} from '../../shared/snapshot.ts';
import { sumDecimals, lots, type Lots, monoMs, type Ticks, wallMs } from '../../shared/units.ts';
import type { WorkingOrder } from '../../brain/oms/working.ts';
import { NO_DEEDS } from '../../brain/risk/account-pulse.ts';
import { type Run, runOf } from '../../brain/runs.ts';
import type { BrainState, Settings, Stepped } from '../../brain/step.ts';
import { type Sealed, sealAlone } from '../../brain/strategy/seat.ts';
import type { Level, Strategy, SymbolView } from '../../brain/strategy/strategy.ts';
import type { Turn } from '../../brain/turn.ts';
import type { Documents, SymbolDocs } from '../../brain/view.ts';
import { id, instrument, SPEC } from './orders.ts';

export const SYMBOL = 'BTCUSDT';
export const KEYS = keysOf('mm:binance');
export const INSTRUMENT = instrument();
/** Ids of `id()` carry it. */
export const LEASE = 1;
export const IDENTITY = { environment: 'sim', accountHash: 'aaaaaaaaaaaa', configHash: 'cccccccccccc', epoch: 3 };
export const STAMP = { epoch: 3, seq: 50 };
export const LIMITS = { maxPosition: '0.100', maxOrderNotional: '5000', maxOpenOrders: 20, collarPercent: 2 } as const;
export const EXITS = { takeProfitPercent: 1, stopLossPercent: 0.5, cooldownMs: 30_000, maxMarkAgeMs: 3_000 } as const;

export const px = (text: string): Ticks => parsePrice(INSTRUMENT, text) ?? fail(text);
export const qty = (text: string): Lots => parseSize(INSTRUMENT, text) ?? fail(text);
const fail = (text: string): never => {
  throw new Error(`Cannot build: ${text} is off step`);
};

export const levels = (...rows: readonly (readonly [price: string, size: string])[]): Level[] =>
  rows.map(([price, size]) => ({ price: px(price), size: qty(size) }));

export const header = (over: Partial<Header> = {}): Header => ({
  schema: SCHEMA_VERSION,
  ...STAMP,
  venue: 'binance',
  environment: 'sim',
  accountHash: IDENTITY.accountHash,
  configHash: IDENTITY.configHash,
  wallMs: 1_700_000_000_000,
  symbols: [SYMBOL],
  mode: 'normal',
  reasons: [],
  health: { market: { state: 'live', ageMs: 1 }, account: { state: 'live', ageMs: 1 }, orderEntry: 'rest' },
  budgets: { weight: { used: 0, limit: 2_400 }, orders1m: { used: 0, limit: 1_200 }, orders10s: { used: 0, limit: 300 } },
  paused: false,
  closing: [],
  fillSeq: 0,
  brainEpoch: LEASE,
  ...over,
});

export const bookDoc = (over: Partial<BookDoc> = {}): BookDoc => ({
  ...STAMP,
  symbol: SYMBOL,
  status: 'live',
  ageMs: 20,
  lastUpdateId: 7,
  topUpdateId: 7,
  exchangeMs: 1_700_000_000_000,
  bids: [
    ['60000.00', '1.000'],
    ['59999.90', '2.000'],
  ],
  asks: [
    ['60000.10', '1.000'],
    ['60000.20', '2.000'],
  ],
  ...over,
});

export const positionDoc = (over: Partial<PositionDoc> = {}): PositionDoc => ({
  ...STAMP,
  symbol: SYMBOL,
  known: true,
  size: '0.000',
  entryPrice: null,
  markPrice: '60000.05',
  markAgeMs: 300,
  opening: null,
  unrealizedPnl: '0',
  leverage: 10,
  liquidationPrice: null,
  realizedPnl: '0',
  fees: '0',
  funding: '0',
  fundingRate: null,
  nextFundingMs: null,
  ...over,
});

export const orderDoc = (over: Partial<OrderDoc> = {}): OrderDoc => ({
  clientId: id(1),
  role: 'quote',
  side: 'buy',
  kind: 'limit',
  timeInForce: 'post-only',
  reduceOnly: false,
  status: 'open',
  price: '59990.00',
  size: '0.010',
  filled: '0.000',
  ageMs: 5_000,
  reason: '',
  amends: 0,
  ...over,
});

export const ordersDoc = (rows: readonly OrderDoc[] = [], over: Partial<OrdersDoc> = {}): OrdersDoc => ({
  ...STAMP,
  symbol: SYMBOL,
  known: true,
  orders: [...rows],
  ...over,
});

export const instrumentDoc = (over: Partial<InstrumentDoc> = {}): InstrumentDoc => ({ epoch: STAMP.epoch, seq: 1, ...SPEC, ...over });

export type Over = {
  readonly head?: Partial<Header>;
  readonly docs?: Partial<SymbolDocs>;
  readonly balanceKnown?: boolean;
  readonly assets?: BalanceDoc['assets'];
};
/** One snapshot: documents carry the header's stamp unless they are given. */
export const documents = ({ head = {}, docs = {}, balanceKnown = true, assets = [FUNDS] }: Over = {}): Documents => {
  const top = header(head);
  const stamp = { epoch: top.epoch, seq: top.seq };
  const usual = {
    book: bookDoc(stamp),
    position: positionDoc(stamp),
    orders: ordersDoc([], stamp),
    instrument: instrumentDoc(),
    klines: {},
    openKlines: {},
    trades: null,
  };
  const equity = Object.fromEntries((balanceKnown ? assets : []).map((one) => [one.asset, equityOf(one)]));
  const available = { USDT: '10000' };
  const rest = { balanceKnown, available, equity, seenAt: monoMs(1_000), fills: [] };
  return { header: top, symbols: { [SYMBOL]: { ...usual, ...docs } }, ...rest };
};

export const tradeDoc = (n: number, over: Partial<TradeDoc> = {}): TradeDoc => ({
  epoch: STAMP.epoch,
  n,
  tradeId: String(1_000 + n),
  price: '60000.00',
  size: '0.010',
  aggressor: 'buy',
  wallMs: 1_700_000_000_000,
  ...over,
});

export const working = (over: Partial<WorkingOrder> = {}): WorkingOrder => ({
  clientId: id(1),
  role: 'quote',
  side: 'buy',
  kind: 'limit',
  status: 'open',
  price: px('59990.00'),
  size: qty('0.010'),
  filled: lots(0),
  reduceOnly: false,
  amends: 0,
  ...over,
});

/** A turn at the moment the documents were seen; ids count up from 1000. */
export const turn = (docs: Documents, over: Partial<Turn> = {}): Turn => {
  let counter = 1_000;
  const nextId: Turn['nextId'] = (role) => id(counter++, { role, epoch: LEASE });
  const times = { now: monoMs(1_000), nowMs: wallMs(1_700_000_000_000) };
  return { documents: docs, fills: [], fees: [], deeds: NO_DEEDS, ...times, nextId, mayTrade: true, ...over };
};

/** Flat, 60000.00 to 60000.10. */
export const view = (over: Partial<SymbolView> = {}): SymbolView => {
  const bids = over.bids ?? levels(['60000.00', '1.000'], ['59999.90', '2.000']);
  const asks = over.asks ?? levels(['60000.10', '1.000'], ['60000.20', '2.000']);
  return {
    symbol: SYMBOL,
    instrument: INSTRUMENT,
    bids,
    asks,
    bestBid: bids[0]!.price,
    bestAsk: asks[0]!.price,
    position: lots(0),
    netPosition: over.position ?? lots(0),
    entryPrice: null,
    bars: null,
    atMs: wallMs(1_700_000_000_000),
    openBar: null,
    markTicks: 600_000.5,
    funding: null,
    commission: { maker: 0.0002, taker: 0.0005 },
    orders: [],
    trades: null,
    fills: [],
    ...over,
  };
};

/** One run of a strategy on the symbol of these builders. */
export const runWith = <S>(strategy: Strategy<S>, over: Partial<Pick<Run, 'id' | 'symbols' | 'maxPosition'>> = {}): Run =>
  sealedRun(sealAlone({ toleranceBps: 0.2, ...strategy }), over);
export const sealedRun = (strategy: Sealed, over: Partial<Pick<Run, 'id' | 'symbols' | 'maxPosition'>> = {}): Run =>
  runOf({ id: strategy.name, symbols: [SYMBOL], maxPosition: null, ...over }, { strategy, fingerprint: strategy.name });

export const settings = (runs: readonly Run[], over: Partial<Settings> = {}): Settings => ({
  symbols: [SYMBOL],
  runs,
  exits: EXITS,
  risk: Risk.parse({ monitors: { feedAgeMs: { on: false } } }), // time jumps in tests
  limits: () => LIMITS,
  oms: {
    tolerance: { priceBps: 0, sizeUnder: 0.5, sizeOver: 0 },
    settle: { snapshots: 1, tickMs: 100, farFactor: 1 },
    ration: { perSecond: 1_000, burst: 1_000 },
  },
  tickMs: 100,
  ttlMs: 500,
  maxAgeMs: 500,
  ...over,
});

/** A state that can be compared: of each seat the text of its strategy's state. */
export const plain = ({ seats, ...rest }: BrainState) => ({
  ...rest,
  seats: Object.entries(seats).map(([key, { seat, ...more }]) => [key, seat.text(), more]),
});

/** What came of the first run on the first symbol. */
export function onlyOne({ state, symbols: [one] }: Stepped) {
  const [outcome] = one?.outcomes ?? [];
  if (!one || !outcome) throw new Error('Cannot look: no run, or no symbol');
  return { state, commands: one.commands, close: one.close, ...outcome };
}

export const config = (over: object = {}): Config =>
  Config.parse({
    symbols: [SYMBOL],
    strategy: {
      active: 'market-making',
      marketMaking: { spreadBps: 2, skewBps: 1, orderSize: '0.010', maxInventory: '0.050', refreshToleranceBps: 0.2 },
      macdTrend: { orderSize: '0.020' },
    },
    exits: EXITS,
    limits: { maxGrossNotional: '20000', default: LIMITS },
    ...over,
  });

const equityOf = ({ wallet, unrealized }: BalanceDoc['assets'][number]): string | null =>
  unrealized === null ? null : sumDecimals([wallet, unrealized]);
const FUNDS = { asset: 'USDT', wallet: '10000', available: '10000', unrealized: '0' };

/** As a push tells them. */
export const docsOf = (told: ReadonlyMap<string, string>): Record<string, unknown> =>
  Object.fromEntries([...told].map(([key, text]) => [key, JSON.parse(text) as unknown]));

/** One snapshot as the gateway writes it: text by key; a missing document is a missing key. */
export function texts({ header: top, symbols, balanceKnown, available = {}, equity = {} }: Documents): Map<string, string> {
  const { epoch, seq } = top;
  const out = new Map([
    [KEYS.header, JSON.stringify(top)],
    [
      KEYS.balance,
      JSON.stringify({
        epoch,
        seq,
        known: balanceKnown,
        assets: Object.entries(equity).map(([asset, wallet]) => ({
          asset,
          wallet: wallet ?? '0',
          available: available[asset] ?? null,
          unrealized: wallet === null ? null : '0',
        })),
      }),
    ],
  ]);
  for (const [symbol, docs] of Object.entries(symbols)) {
    const rows = [
      [KEYS.book(symbol), docs.book],
      [KEYS.position(symbol), docs.position],
      [KEYS.orders(symbol), docs.orders],
      [KEYS.instrument(symbol), docs.instrument],
      ...Object.entries(docs.klines).map(([interval, bars]) => [KEYS.klines(symbol, interval), bars] as const),
      ...Object.entries(docs.openKlines).map(([interval, bar]) => [KEYS.kline(symbol, interval), bar] as const),
    ] as const;
    for (const [key, document] of rows) if (document) out.set(key, JSON.stringify(document));
  }
  return out;
}

export const fillDoc = (n: number, over: Partial<FillDoc> = {}): FillDoc => ({
  n,
  symbol: SYMBOL,
  clientId: id(1),
  role: 'quote',
  tradeId: `t${n}`,
  side: 'buy',
  price: '60000.00',
  size: '0.010',
  maker: true,
  fee: '0',
  feeAsset: 'USDT',
  realizedPnl: '0',
  wallMs: 1_700_000_000_000,
  ...over,
});
