/** Four made-up markets for the bench of decisions: books that walk, and an exchange that does at once what the brain asks. */
import type { Command } from '../../shared/command.ts';
import { makeInstrument, type Instrument, formatPrice, formatSize } from '../../shared/instrument.ts';
import { Random } from '../../shared/random.ts';
import { findInstrument } from '../../shared/sim/instruments.ts';
import type { OrderDoc, Stamp } from '../../shared/snapshot.ts';
import { lots, ticks } from '../../shared/units.ts';
import { bookDoc, documents, header, instrumentDoc, ordersDoc, positionDoc, texts } from '../../test/kit/brain.ts';
import type { SymbolDocs } from '../../brain/view.ts';

const LEVELS = 20;
/** Share of snapshots in which the best prices of a symbol move, and how far at most, basis points: a lively market. */
const MOVES = 0.5;
const STEP_BPS = 1;
const EPOCH = 3;
const COMMISSION = { maker: '0.0002', taker: '0.0005' };

type Order = Pick<OrderDoc, 'clientId' | 'side' | 'price' | 'size' | 'strategy'>;

class SymbolMarket {
  readonly instrument: Instrument;
  readonly orders = new Map<string, Order>();
  readonly #random: Random;
  #bid: number;

  constructor(symbol: string) {
    const found = findInstrument(symbol);
    const made = found && makeInstrument(found.spec);
    if (!found || !made || typeof made === 'string') throw new Error(`Cannot make a market of ${symbol}`);
    this.instrument = made;
    this.#random = new Random(7).fork(symbol);
    this.#bid = Math.round(found.startPrice / Number(found.spec.tickSize));
  }

  move(): void {
    if (!this.#random.chance(MOVES)) return;
    const most = Math.max(1, Math.round((this.#bid * STEP_BPS) / 10_000));
    this.#bid += this.#random.int({ min: -most, max: most });
  }

  docs(stamp: Stamp): SymbolDocs {
    const { spec } = findInstrument(this.instrument.symbol) ?? {};
    const of = { ...stamp, symbol: this.instrument.symbol };
    return {
      book: bookDoc({ ...of, lastUpdateId: stamp.seq, bids: this.#side(-1), asks: this.#side(1) }),
      position: positionDoc({ ...of, markPrice: formatPrice(this.instrument, ticks(this.#bid)), commission: COMMISSION }),
      orders: ordersDoc([...this.orders.values()].map(resting), of),
      instrument: instrumentDoc({ ...spec, epoch: stamp.epoch }),
      klines: {},
      openKlines: {},
      trades: null,
    };
  }

  #side(away: 1 | -1): [string, string][] {
    const best = away === 1 ? this.#bid + 1 : this.#bid;
    return Array.from({ length: LEVELS }, (_, n) => [
      formatPrice(this.instrument, ticks(best + away * n)),
      formatSize(this.instrument, lots(this.#random.int({ min: 50, max: 5_000 }))),
    ]);
  }
}

export class DecisionMarket {
  readonly #markets: ReadonlyMap<string, SymbolMarket>;
  #seq = 50;

  constructor(symbols: readonly string[]) {
    this.#markets = new Map(symbols.map((symbol) => [symbol, new SymbolMarket(symbol)]));
  }

  /** What the brain asked is done when the next snapshot is made. */
  obey(command: Command): void {
    if (command.type === 'place')
      this.#markets.get(command.symbol)?.orders.set(command.clientId, { ...command, price: command.price ?? null });
    for (const { orders } of this.#markets.values()) {
      const before = 'clientId' in command ? orders.get(command.clientId ?? '') : undefined;
      if (!before) continue;
      if (command.type === 'cancel') orders.delete(before.clientId);
      if (command.type === 'amend') orders.set(before.clientId, { ...before, price: command.price, size: command.size });
    }
  }

  /** The next snapshot, text by key. */
  next({ configHash, brainEpoch }: { readonly configHash: string; readonly brainEpoch: number }): ReadonlyMap<string, string> {
    const stamp = { epoch: EPOCH, seq: ++this.#seq };
    const symbols = [...this.#markets].map(([symbol, market]) => {
      market.move();
      return [symbol, market.docs(stamp)] as const;
    });
    const head = header({ ...stamp, configHash, brainEpoch, symbols: [...this.#markets.keys()] });
    return texts({ ...documents(), header: head, symbols: Object.fromEntries(symbols) });
  }

  get seq(): number {
    return this.#seq;
  }
}

const resting = (order: Order): OrderDoc => ({
  ...{ clientId: order.clientId, side: order.side, price: order.price, size: order.size },
  ...{ role: 'quote', kind: 'limit', timeInForce: 'post-only', reduceOnly: false, status: 'open', filled: '0', ageMs: 500, reason: '' },
  ...(order.strategy === undefined ? {} : { strategy: order.strategy }),
});
