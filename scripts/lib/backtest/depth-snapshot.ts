/** One snapshot of the gateway in a backtest on a book, as the documents that the brain reads, made by the gateway's own hands. */
import type { Documents, SymbolDocs } from '../../../brain/view.ts';
import { bookDoc, instrumentDoc, orderDoc, positionDoc, type SymbolMoment } from '../../../gateway/publish/snapshot.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import { AMENDS_MAX } from '../../../shared/sim/entry-checks.ts';
import { liquidationOf, positionMargin } from '../../../shared/sim/margin.ts';
import { CLOSED_SHOWN_MS, type Header, type InstrumentDoc, SCHEMA_VERSION } from '../../../shared/snapshot.ts';
import { formatAtoms, monoMs } from '../../../shared/units.ts';
import type { DepthVenue } from './depth-venue.ts';
import type { BookWindow } from './local-books.ts';
import type { LocalDesk } from './local-desk.ts';

export type SnapshotParts = {
  readonly venue: DepthVenue;
  readonly desk: LocalDesk;
  readonly books: BookWindow;
  readonly levels: number;
  readonly leverage: number;
  readonly commission: (instrument: Instrument) => { readonly maker: string; readonly taker: string };
  readonly closing: () => readonly string[];
};
/** Epochs of the gateway and of the brain. */
export const EPOCH = 1;
const NO_BARS = new Map<never, never>();
/** As a usual account has them. */
const LIMITS = { weight: 2_400, orders1m: 1_200, orders10s: 300 } as const;

export class SnapshotMaker {
  readonly #parts: SnapshotParts;
  readonly #instruments = new Map<string, InstrumentDoc>();
  #seq = 0;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    const stamp = { epoch: EPOCH, seq: 1 };
    for (const [symbol, instrument] of parts.venue.instruments) this.#instruments.set(symbol, instrumentDoc(instrument, stamp));
  }

  get seq(): number {
    return this.#seq;
  }

  /** The next one. Public trades come apart, with the turn that reads it. */
  make(): Omit<Documents, 'seenAt'> {
    const { venue } = this.#parts;
    this.#seq += 1;
    const stamp = { epoch: EPOCH, seq: this.#seq };
    const symbols = [...venue.instruments.values()].map((instrument) => [instrument.symbol, this.#docs(instrument, stamp)] as const);
    const assets = [...new Set([...venue.instruments.values()].map(({ quoteAsset }) => quoteAsset))];
    return {
      header: this.#header(stamp),
      symbols: Object.fromEntries(symbols),
      balanceKnown: true,
      fills: [],
      available: Object.fromEntries(assets.map((asset) => [asset, formatAtoms(venue.exchange.available(venue.trader, asset))])),
      equity: Object.fromEntries(assets.map((asset) => [asset, this.#equity(asset)])),
    };
  }

  #docs(instrument: Instrument, stamp: { readonly epoch: number; readonly seq: number }): SymbolDocs {
    const { levels } = this.#parts;
    const { symbol } = instrument;
    const now = monoMs(this.#parts.venue.nowMs);
    const moment = this.#moment(instrument);
    const shown = moment.orders.filter(({ endedAt }) => endedAt === null || now - endedAt <= CLOSED_SHOWN_MS);
    const orders = {
      epoch: stamp.epoch,
      seq: stamp.seq,
      symbol,
      known: true,
      orders: shown.map((order) => orderDoc(instrument, { order, now })),
    };
    return {
      book: bookDoc(moment, { stamp, now, levels }),
      position: positionDoc(moment, { stamp, known: true }),
      orders,
      instrument: this.#instruments.get(symbol) ?? null,
      klines: {},
      openKlines: {},
      trades: null,
    };
  }

  #moment(instrument: Instrument): SymbolMoment {
    const { desk, books, leverage, commission } = this.#parts;
    const { symbol } = instrument;
    return {
      instrument,
      book: books.view(symbol),
      mark: books.mark(symbol),
      markAgeMs: books.markAgeMs(symbol),
      leverage,
      isolated: false,
      position: desk.ledger.positions.row(symbol),
      entryPrice: desk.ledger.positions.account(symbol).entryPrice,
      commission: commission(instrument),
      liquidationPrice: this.liquidationPrice(symbol),
      orders: desk.ledger.orders(symbol),
      bars: NO_BARS,
      stop: null,
    };
  }

  /** Null when flat, or when no price does that. */
  liquidationPrice(symbol: string): string | null {
    const { exchange, trader } = this.#parts.venue;
    if (trader.account.position(symbol).size === 0) return null;
    const market = exchange.market(symbol);
    const price = liquidationOf({ trader, market, markets: exchange.markets.values() }, positionMargin({ trader, market, side: 'both' }));
    return price === 0n ? null : formatAtoms(price);
  }

  #equity(asset: string): string {
    const { exchange, trader } = this.#parts.venue;
    let sum: bigint = trader.account.wallet(asset);
    for (const market of exchange.markets.values())
      if (market.instrument.quoteAsset === asset) sum += positionMargin({ trader, market, side: 'both' }).unrealized;
    return formatAtoms(sum as Parameters<typeof formatAtoms>[0]);
  }

  #header(stamp: { readonly epoch: number; readonly seq: number }): Header {
    const { venue, desk, closing } = this.#parts;
    const { ten, minute } = desk.used();
    return {
      schema: SCHEMA_VERSION,
      epoch: stamp.epoch,
      seq: stamp.seq,
      venue: 'backtest',
      environment: 'sim',
      accountHash: '',
      configHash: '',
      wallMs: Math.floor(venue.nowMs),
      symbols: [...venue.instruments.keys()],
      mode: 'normal',
      reasons: [],
      paused: false,
      closing: [...closing()],
      fillSeq: desk.ledger.fillSeq,
      brainEpoch: EPOCH,
      health: { market: { state: 'live', ageMs: 0 }, account: { state: 'live', ageMs: 0 }, orderEntry: 'rest' },
      budgets: {
        weight: { used: 0, limit: LIMITS.weight },
        orders1m: { used: minute, limit: LIMITS.orders1m },
        orders10s: { used: ten, limit: LIMITS.orders10s },
      },
      amends: { most: AMENDS_MAX, shrinkKeepsPlace: false },
    };
  }
}
