/**
 * The private side of a tape: what was written down, order by order, and beside it the ledger's own core, driven by the private stream and
 * by what was sent. Where both tell of an order they have to agree at the end; what only an answer told, the stream cannot know.
 */
import * as z from 'zod';
import { Keeper } from '../../../gateway/account/keeper.ts';
import { Ledger } from '../../../gateway/account/ledger.ts';
import type { OrderRequest } from '../../../gateway/venues/venue.ts';
import { VirtualClock } from '../../../shared/clock.ts';
import { formatSize, type Instrument, parsePrice, parseSize } from '../../../shared/instrument.ts';
import { hasEnded } from '../../../shared/order.ts';
import type { TapeRecord } from '../../../shared/tape.ts';
import { lots, wallMs } from '../../../shared/units.ts';
import { decodersOf } from './decoders.ts';

/** As `gateway/publish/tape-rows.ts` writes it. */
const OrderRow = z.object({
  clientId: z.string(),
  symbol: z.string(),
  role: z.string(),
  side: z.enum(['buy', 'sell']),
  kind: z.enum(['limit', 'market']),
  timeInForce: z.enum(['post-only', 'gtc', 'ioc', 'fok']),
  reduceOnly: z.boolean(),
  status: z.string(),
  price: z.string().nullable(),
  size: z.string(),
  filled: z.string(),
  reason: z.string(),
  sentMs: z.number(),
  strategy: z.string().optional(),
});
export type OrderRow = z.infer<typeof OrderRow>;
const PositionRow = z.object({ symbol: z.string(), size: z.string(), realized: z.string(), fills: z.int() });
export type PositionRow = z.infer<typeof PositionRow>;
const Written = z.object({
  orders: z.array(z.union([OrderRow, z.object({ symbol: z.string(), untold: z.string() })])).default([]),
  fills: z.array(z.object({ n: z.int() })).default([]),
  positions: z.array(z.union([PositionRow, z.object({ symbol: z.string(), untold: z.string() })])).default([]),
});

/** An order or a position on which the core, by the stream alone, ends elsewhere than the ledger did. */
export type Disagreement = { readonly name: string; readonly written: string; readonly replayed: string };

export class ReplayAccount {
  readonly orders = new Map<string, OrderRow & { readonly cause: string; readonly atMs: number }>();
  readonly positions = new Map<string, PositionRow>();
  /** Number of the newest. */
  fills = 0;
  /** Rows that this program does not read. */
  unread = 0;
  readonly #instruments: ReadonlyMap<string, Instrument>;
  readonly #decoders: ReturnType<typeof decodersOf>;
  readonly #ledger: Ledger;
  readonly #keeper: Keeper;
  readonly #clock = new VirtualClock(0);

  constructor(instruments: ReadonlyMap<string, Instrument>) {
    this.#instruments = instruments;
    this.#decoders = decodersOf(instruments);
    const archive = { findOrder: () => null, findFill: () => null, fillsOfOrder: () => [] };
    this.#ledger = new Ledger({ instruments, archive, state: { orders: [], positions: [], fillSeq: 0, loose: [] } });
    this.#keeper = new Keeper({ ledger: this.#ledger, write: () => true, clock: this.#clock, notice: () => undefined });
  }

  take(record: TapeRecord): void {
    const { source, name, raw, atMs } = record;
    if (source === 'ledger') this.#written(record);
    if (source !== 'stream' || !name.startsWith('private#')) return;
    this.#clock.advance(Math.max(0, atMs - this.#clock.monoMs()));
    const frame = this.#decoders.user(raw);
    if (frame.kind === 'events') for (const event of frame.events) this.#keeper.handle(event);
  }

  /** Of orders that have ended in both, and of positions. */
  disagreements(): readonly Disagreement[] {
    const orders = [...this.orders.values()].flatMap((row): Disagreement[] => {
      const replayed = this.#ledger.order(row.clientId);
      if (!replayed || !hasEnded(replayed.order.status)) return [];
      const instrument = this.#instruments.get(row.symbol);
      const filled = instrument ? formatSize(instrument, replayed.order.filled) : '?';
      const [written, again] = [`${row.status} ${row.filled}`, `${replayed.order.status} ${filled}`];
      return written === again ? [] : [{ name: row.clientId, written, replayed: again }];
    });
    const positions = [...this.positions.values()].flatMap(({ symbol, size }): Disagreement[] => {
      const instrument = this.#instruments.get(symbol);
      const again = instrument ? formatSize(instrument, this.#ledger.positions.row(symbol).size) : '?';
      return again === size ? [] : [{ name: symbol, written: size, replayed: again }];
    });
    return [...orders, ...positions];
  }

  #written({ name: cause, raw, atMs }: TapeRecord): void {
    const written = Written.safeParse(JSON.parse(raw));
    if (!written.success) {
      this.unread++;
      return;
    }
    for (const { n } of written.data.fills) this.fills = Math.max(this.fills, n); // told again when its fee is known
    for (const row of written.data.positions)
      if ('untold' in row) this.unread++;
      else this.#position(row);
    for (const row of written.data.orders) {
      if ('untold' in row) this.unread++;
      else {
        if (row.status === 'sent' && !this.orders.has(row.clientId)) this.#sent(row, atMs);
        this.orders.set(row.clientId, { ...row, cause, atMs });
      }
    }
  }

  /** The first word on a symbol is where counting began. */
  #position(row: PositionRow): void {
    const instrument = this.#instruments.get(row.symbol);
    const size = instrument && parseSize(instrument, row.size);
    if (!this.positions.has(row.symbol) && size !== undefined && size !== null && row.fills === 0) {
      const report = { kind: 'position', symbol: row.symbol, size: lots(size), entryPrice: '0', atMs: wallMs(0) } as const;
      this.#ledger.adoptBaseline({ report, sinceTradeId: null, now: this.#keeper.now() });
    }
    this.positions.set(row.symbol, row);
  }

  #sent(row: OrderRow, atMs: number): void {
    const instrument = this.#instruments.get(row.symbol);
    const size = instrument && parseSize(instrument, row.size);
    if (!instrument || size === undefined || size === null) return;
    const price = row.price === null ? null : parsePrice(instrument, row.price);
    const { symbol, clientId, side, kind, timeInForce, reduceOnly, strategy } = row;
    const request: OrderRequest = { symbol, clientId, side, kind, timeInForce, price, size, reduceOnly, strategy };
    this.#clock.advance(Math.max(0, atMs - this.#clock.monoMs()));
    this.#keeper.commit(this.#ledger.take(request, this.#keeper.now()), 'request');
  }
}
