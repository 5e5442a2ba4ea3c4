/**
 * A recorded market with an account on it, on the tape's own time and without sockets: a snapshot as the brain reads it whenever asked,
 * and commands that reach the exchange a little later. Own orders fill from the tape's trades by a queue model.
 */
import type { OrderCommand } from '../../brain/oms/working.ts';
import type { Documents } from '../../brain/view.ts';
import { formatPrice, formatSize, type Instrument, makeInstrument } from '../../shared/instrument.ts';
import type { OrderStatus } from '../../shared/order.ts';
import { Random } from '../../shared/random.ts';
import { CLOSED_SHOWN_MS, type Header, type OrderDoc, SCHEMA_VERSION } from '../../shared/snapshot.ts';
import { Exchange } from '../../shared/sim/exchange.ts';
import type { SimOrder } from '../../shared/sim/exchange-events.ts';
import { nearestInstrument } from '../../shared/sim/instruments.ts';
import type { PriceSize } from '../../shared/sim/exchange-events.ts';
import type { TapeFrame } from '../../shared/sim/market.ts';
import type { Snapshot } from '../../shared/sim/replay-market.ts';
import { monoMs, parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { readTape } from '../sim/tape-file.ts';

export const SYMBOL = 'BTCUSDT';
/** Of the brain that trades here. */
export const LEASE = 1;
const API_KEY = 'tape';
const LEVELS = 20;
const STATUS: Readonly<Record<SimOrder['status'], OrderStatus>> = {
  ...{ new: 'open', 'partially-filled': 'partially-filled', filled: 'filled', canceled: 'canceled' },
  ...{ expired: 'expired', 'expired-in-match': 'expired' },
};

export type Tape = { readonly frames: readonly TapeFrame[]; readonly snapshot: Snapshot; readonly instrument: Instrument };

export async function loadTape(file: string): Promise<Tape> {
  const frames: TapeFrame[] = [];
  for await (const frame of readTape(file)) if (frame.symbol === SYMBOL) frames.push(frame);
  const snapshot = frames.find((frame): frame is Snapshot => frame.kind === 'snapshot');
  const spec = nearestInstrument(SYMBOL, 1, 3);
  const instrument = typeof spec === 'string' ? spec : makeInstrument(spec);
  if (!snapshot || typeof instrument === 'string') throw new Error(`${file}: ${snapshot ? String(instrument) : 'no depth snapshot'}`);
  return { frames, snapshot, instrument };
}

export class TapeMarket {
  /** Orders the venue would not take. */
  refused = 0;
  readonly startMs: number;
  readonly endMs: number;
  readonly #tape: Tape;
  readonly #exchange: Exchange;
  readonly #refusals: { readonly atMs: number; readonly doc: OrderDoc }[] = [];
  #seq = 0;

  constructor(tape: Tape) {
    const { frames, snapshot, instrument } = tape;
    this.#tape = tape;
    this.startMs = snapshot.atMs;
    this.endMs = frames.at(-1)?.atMs ?? snapshot.atMs;
    const middle = (Number(snapshot.bids[0]?.[0]) + Number(snapshot.asks[0]?.[0])) / 2;
    this.#exchange = new Exchange({
      startMs: frames[0]?.atMs ?? snapshot.atMs,
      random: new Random(1),
      markets: [{ kind: 'replay', instrument, snapshot, history: [], startPrice: middle, queueModel: 'risk-averse' }],
      accounts: [{ apiKey: API_KEY, balances: { USDT: parseAtoms('100000') ?? ZERO_ATOMS } }],
      onMarket: () => undefined,
      onUser: () => undefined,
    });
    for (const frame of frames) this.#exchange.schedule({ frame, atMs: frame.atMs, onDone: () => undefined });
  }

  advance(toMs: number): void {
    this.#exchange.advance(toMs);
  }

  /** Orders that rest now. */
  get open(): readonly SimOrder[] {
    return this.#trader.orders.open(SYMBOL);
  }

  get traded(): number {
    return this.#trader.orders.trades(SYMBOL).length;
  }

  documents(): Documents {
    const { instrument } = this.#tape;
    const nowMs = this.#exchange.nowMs;
    const stamp = { epoch: 1, seq: ++this.#seq };
    const symbol = SYMBOL;
    const { bids, asks, lastUpdateId } = this.#exchange.market(SYMBOL).depth(LEVELS);
    const texts = (rows: readonly PriceSize[]): [string, string][] =>
      rows.map(([price, size]) => [formatPrice(instrument, price), formatSize(instrument, size)]);
    const book = { lastUpdateId, topUpdateId: lastUpdateId, exchangeMs: nowMs, bids: texts(bids), asks: texts(asks) };
    const size = formatSize(instrument, this.#trader.account.position(SYMBOL).size);
    const docs = {
      book: { ...stamp, symbol, status: 'live' as const, ageMs: 0, ...book },
      position: { ...stamp, symbol, known: true, size, ...NOTHING_ELSE_KNOWN },
      orders: { ...stamp, symbol, known: true, orders: this.#orderDocs(nowMs) },
      instrument: { epoch: 1, seq: 1, ...specOf(instrument) },
      klines: {},
      openKlines: {},
      trades: null,
    };
    return {
      header: headerOf(stamp, nowMs),
      symbols: { [SYMBOL]: docs },
      balanceKnown: true,
      available: { USDT: '100000' },
      seenAt: monoMs(nowMs),
      fills: [],
    };
  }

  obey(commands: readonly OrderCommand[]): void {
    for (const command of commands) {
      const name = { symbol: SYMBOL, clientId: command.clientId };
      if (command.kind === 'cancel') this.#exchange.desk.cancel(this.#trader, name);
      else if (command.kind === 'place') this.#place(command);
      else {
        const side = this.#trader.orders.findOpen(name)?.side ?? 'buy';
        const { price, size } = command;
        if (!this.#exchange.desk.amend(this.#trader, { ...name, side, price, size, modifyId: null, reduceOnly: false }).ok) this.refused++;
      }
    }
  }

  get #trader() {
    return this.#exchange.trader(API_KEY);
  }

  #place(command: Extract<OrderCommand, { readonly kind: 'place' }>): void {
    const { clientId, side, price, size, reduceOnly, timeInForce } = command;
    const terms = { symbol: SYMBOL, clientId, side, price, size, reduceOnly, timeInForce } as const;
    const placed = this.#exchange.desk.place(this.#trader, { ...terms, type: 'limit', positionSide: 'both', selfTrade: 'expire-maker' });
    if (placed.ok) return;
    this.refused++;
    const reason = placed.error.kind === 'would-take' ? 'post-only-would-take' : placed.error.kind;
    const doc = orderDoc(this.#tape.instrument, {
      clientId,
      side,
      price,
      size,
      filled: 0,
      status: 'rejected',
      reason,
      ageMs: 0,
      amends: 0,
    });
    this.#refusals.push({ atMs: this.#exchange.nowMs, doc });
  }

  #orderDocs(nowMs: number): OrderDoc[] {
    const shown = this.#trader.orders
      .all(SYMBOL)
      .filter((order) => this.#trader.orders.findOpen(order) || nowMs - order.updatedMs <= CLOSED_SHOWN_MS);
    const refused = this.#refusals.filter(({ atMs }) => nowMs - atMs <= CLOSED_SHOWN_MS);
    return [
      ...shown.map((order) =>
        orderDoc(this.#tape.instrument, { ...order, status: STATUS[order.status], reason: '', ageMs: nowMs - order.createdMs }),
      ),
      ...refused.map(({ doc }) => doc),
    ];
  }
}

type Described = Pick<SimOrder, 'clientId' | 'side' | 'price' | 'size' | 'amends'> &
  Pick<OrderDoc, 'status' | 'reason' | 'ageMs'> & { readonly filled: number };

function orderDoc(instrument: Instrument, { price, size, filled, clientId, side, status, reason, ageMs, amends }: Described): OrderDoc {
  const sizes = { size: formatSize(instrument, size), filled: formatSize(instrument, filled as typeof size) };
  const kind = { role: 'quote', kind: 'limit', timeInForce: 'post-only', reduceOnly: false } as const;
  return { clientId, side, ...kind, status, price: formatPrice(instrument, price), ...sizes, ageMs: Math.round(ageMs), reason, amends };
}

const NOTHING_ELSE_KNOWN = {
  ...{ entryPrice: null, markPrice: null, unrealizedPnl: null, leverage: 20, liquidationPrice: null },
  ...{ realizedPnl: '0', fees: '0', funding: '0', fundingRate: null, nextFundingMs: null },
} as const;

function specOf(instrument: Instrument) {
  const { symbol, baseAsset, quoteAsset, tickSize, stepSize, minPrice, maxPrice, minQty, maxQty } = instrument;
  const { maxMarketQty, minNotional, multiplierUp, multiplierDown, maxOpenOrders, trading } = instrument;
  const steps = { symbol, baseAsset, quoteAsset, tickSize, stepSize, minPrice, maxPrice, minQty, maxQty };
  return { ...steps, maxMarketQty, minNotional, multiplierUp, multiplierDown, maxOpenOrders, trading };
}

function headerOf(stamp: { readonly epoch: number; readonly seq: number }, wallMs: number): Header {
  return {
    ...{ schema: SCHEMA_VERSION, ...stamp, venue: 'tape', environment: 'sim', accountHash: '', configHash: '', wallMs: Math.floor(wallMs) },
    ...{ symbols: [SYMBOL], mode: 'normal', reasons: [], paused: false, closing: [], fillSeq: 0, brainEpoch: LEASE },
    health: { market: { state: 'live', ageMs: 0 }, account: { state: 'live', ageMs: 0 }, orderEntry: 'rest' },
    budgets: { weight: { used: 0, limit: 1e9 }, orders1m: { used: 0, limit: 1e9 }, orders10s: { used: 0, limit: 1e9 } },
    amends: { most: 10_000, shrinkKeepsPlace: false },
  };
}
