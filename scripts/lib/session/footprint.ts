/**
 * The public market of a recorded session without ourselves. What we had resting stood in the venue's book, so it is taken off the levels
 * and best prices that the tape tells; and trades that our own orders took are left out. Who trades with a backtest is the others.
 */
import { formatSize, type Instrument, parsePrice, parseSize } from '../../../shared/instrument.ts';
import type { Side } from '../../../shared/order.ts';
import type { Level, TapeFrame } from '../../../shared/sim/market.ts';
import { lots } from '../../../shared/units.ts';
import type { RestingChange, Session } from './session.ts';

/** Own size at one price, from each moment on. */
type Steps = { readonly atMs: number; readonly lots: number }[];
type Where = { readonly symbol: string; readonly side: Side; readonly ticks: number };

const BEST = { buy: /"b":"([0-9.]+)","B":"([0-9.]+)"/, sell: /"a":"([0-9.]+)","A":"([0-9.]+)"/ };
const FIRST_TRADE = /"f":(\d+)/;
const LAST_TRADE = /"l":(\d+)/;

const keyOf = ({ symbol, side, ticks }: Where): string => `${symbol} ${side} ${ticks}`;

export class Footprint {
  readonly #instruments: ReadonlyMap<string, Instrument>;
  readonly #steps = new Map<string, Steps>();
  readonly #taken: readonly number[];

  constructor({ instruments, resting, fills }: Pick<Session, 'instruments' | 'resting' | 'fills'>) {
    this.#instruments = instruments;
    const orders = new Map<string, RestingChange>();
    for (const change of [...resting].sort((a, b) => a.atMs - b.atMs)) {
      const before = orders.get(change.clientId);
      if (before) this.#add(before, change.atMs, -before.lots);
      this.#add(change, change.atMs, change.lots);
      orders.set(change.clientId, change);
    }
    this.#taken = fills.flatMap(({ maker, tradeId }) => (maker || !/^\d+$/.test(tradeId) ? [] : [Number(tradeId)]));
  }

  /** Own lots resting there then. */
  at(where: Where, atMs: number): number {
    return this.#steps.get(keyOf(where))?.findLast((step) => step.atMs <= atMs)?.lots ?? 0;
  }

  /** The frame without us; null: it tells of nothing else. `atMs` is its time at the venue. */
  without(frame: TapeFrame, atMs: number): TapeFrame | null {
    if (this.#steps.size === 0 && this.#taken.length === 0) return frame;
    switch (frame.kind) {
      case 'depth':
      case 'snapshot': {
        const side = (name: Side, levels: readonly Level[]): readonly Level[] =>
          levels.map((level) => this.#level(level, { symbol: frame.symbol, side: name, atMs }));
        return { ...frame, bids: side('buy', frame.bids), asks: side('sell', frame.asks) };
      }
      case 'best':
        return { ...frame, raw: this.#best(frame, atMs) };
      case 'trade':
        return this.#isTaken(frame) ? null : frame;
      case 'kline':
        return frame;
      default:
        throw new Error(`Cannot look at frame: ${JSON.stringify(frame satisfies never)}`);
    }
  }

  #add(where: Where, atMs: number, change: number): void {
    if (change === 0) return;
    const steps = this.#steps.get(keyOf(where)) ?? [];
    steps.push({ atMs, lots: (steps.at(-1)?.lots ?? 0) + change });
    this.#steps.set(keyOf(where), steps);
  }

  #level([price, size]: Level, { symbol, side, atMs }: Omit<Where, 'ticks'> & { readonly atMs: number }): Level {
    const instrument = this.#instruments.get(symbol);
    const [ticks, shown] = instrument ? [parsePrice(instrument, price), parseSize(instrument, size)] : [null, null];
    if (!instrument || ticks === null || shown === null) return [price, size];
    const own = this.at({ symbol, side, ticks }, atMs);
    return own === 0 ? [price, size] : [price, formatSize(instrument, lots(Math.max(0, shown - own)))];
  }

  /** A best price at which nobody else stands has size zero: the book behind it is the market then. */
  #best({ raw, symbol }: { readonly raw: string; readonly symbol: string }, atMs: number): string {
    let text = raw;
    for (const side of ['buy', 'sell'] as const) {
      const [whole, price = '', size = ''] = BEST[side].exec(raw) ?? [];
      const [, less] = this.#level([price, size], { symbol, side, atMs });
      if (whole !== undefined && less !== size) text = text.replace(whole, whole.replace(`"${size}"`, `"${less}"`));
    }
    return text;
  }

  #isTaken({ raw, tradeId }: { readonly raw: string; readonly tradeId: string }): boolean {
    if (this.#taken.length === 0) return false;
    const [first, last] = [Number(FIRST_TRADE.exec(raw)?.[1] ?? tradeId), Number(LAST_TRADE.exec(raw)?.[1] ?? tradeId)];
    return this.#taken.some((id) => id >= first && id <= last);
  }
}
