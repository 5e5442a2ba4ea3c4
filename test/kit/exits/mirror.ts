/**
 * The rules of hard exits once more, as plainly as they can be written and by none of the product's code: what should fire on the documents
 * that the brain has read, what its moving stops should be, over the whole life of a position whatever died meanwhile.
 */
import type { Documents } from '../../../brain/view.ts';
import type { ExitParameters } from '../../../shared/exit-parameters.ts';

type Memory = {
  readonly side: number;
  readonly sinceMs: number;
  readonly peak: number | null;
  readonly trail: number | null;
  readonly even: number | null;
};
/** `size` as the documents have it, base units, signed; the book is `live`, or even `fresh`: proved a moment ago. */
export type Expected = {
  readonly fires: string | null;
  readonly size: number;
  /** Trade that opened it, as told. */
  readonly opening: string | null;
  readonly live: boolean;
  readonly fresh: boolean;
  readonly memory: Memory | null;
};

const BOOK_AGE_MS = 1_500;
const FRESH_MS = 300;
const NEAR = 1e-9;

export class Mirror {
  readonly #rules: ExitParameters;
  readonly #symbol: string;
  #memory: Memory | null = null;
  #key = '';

  constructor(symbol: string, rules: ExitParameters) {
    this.#symbol = symbol;
    this.#rules = rules;
  }

  /** Null where nothing can be said of these documents. */
  read(documents: Documents, waitedMs: number): Expected | null {
    const { position, book, orders } = documents.symbols[this.#symbol] ?? {};
    if (!position || !book || !orders || !position.known || !orders.known) return null;
    const size = Number(position.size);
    const ageMs = book.status === 'live' && book.ageMs !== null ? book.ageMs : Number.POSITIVE_INFINITY;
    const seen = { size, opening: position.opening?.tradeId ?? null, live: ageMs <= BOOK_AGE_MS, fresh: ageMs <= FRESH_MS };
    this.#meet(size, position.opening?.tradeId ?? 'adopted');
    if (size === 0 || position.entryPrice === null) return { ...seen, fires: null, memory: null };
    const side = Math.sign(size);
    const walked = seen.live ? average(side > 0 ? book.bids : book.asks, Math.abs(size)) : null;
    const markAgeMs = (position.markAgeMs ?? Number.POSITIVE_INFINITY) + waitedMs;
    const price = walked ?? (position.markPrice !== null && markAgeMs <= this.#rules.maxMarkAgeMs ? Number(position.markPrice) : null);
    const entry = Number(position.entryPrice);
    const nowMs = documents.header.wallMs;
    this.#remember({ side, price, entry, openedMs: position.opening?.atMs ?? nowMs });
    return { ...seen, fires: this.#fires({ size: Math.abs(size), entry, price, nowMs }), memory: this.#memory };
  }

  /** Another position than before: nothing of the last one is left. */
  #meet(size: number, opening: string): void {
    const key = size === 0 ? '' : `${Math.sign(size)} ${opening}`;
    if (key !== this.#key) this.#memory = null;
    this.#key = key;
  }

  #remember({ side, price, entry, openedMs }: { side: number; price: number | null; entry: number; openedMs: number }): void {
    const before = this.#memory?.side === side ? this.#memory : { side, sinceMs: openedMs, peak: null, trail: null, even: null };
    const up = (a: number | null, b: number): number => (a === null ? b : side > 0 ? Math.max(a, b) : Math.min(a, b));
    const peak = price === null ? before.peak : up(before.peak, price);
    const gain = price === null ? null : (price - entry) * side;
    const { trailing, breakEven } = this.#rules;
    let { trail, even } = before;
    if (trailing && peak !== null) {
      const start =
        trailing.activationPercent === undefined ? Number(trailing.activationDistance ?? 0) : (entry / 100) * trailing.activationPercent;
      const behind = trailing.percent === undefined ? Number(trailing.distance) : (entry / 100) * trailing.percent;
      if (trail !== null || (gain !== null && gain >= start)) trail = up(trail, peak - side * behind);
    }
    if (breakEven && gain !== null) {
      const start = breakEven.afterPercent === undefined ? Number(breakEven.afterDistance) : (entry / 100) * breakEven.afterPercent;
      if (gain >= start) even = up(even, entry + (side * entry * (breakEven.feesPercent ?? 0)) / 100);
    }
    this.#memory = { side, sinceMs: Math.min(before.sinceMs, openedMs), peak, trail, even };
  }

  #fires({ size, entry, price, nowMs }: { size: number; entry: number; price: number | null; nowMs: number }): string | null {
    const rules = this.#rules;
    const memory = this.#memory;
    if (!memory) return null;
    const late = rules.timeStop && nowMs - memory.sinceMs >= rules.timeStop.maxHoldMs;
    if (price === null) return late && rules.timeStop?.evenInProfit ? 'time-stop' : null;
    const gain = (price - entry) * memory.side;
    const slack = entry * NEAR;
    const passed = (stop: number | null): boolean => stop !== null && (price - stop) * memory.side <= slack;
    if (-gain >= stopBound(rules, { entry, size }) - slack) return 'stop-loss';
    if (passed(memory.trail)) return 'trailing-stop';
    if (passed(memory.even)) return 'break-even';
    const { takeProfitPercent: percent, takeProfitDistance: distance, takeProfitAmount: amount } = rules;
    if (gain >= nearest({ percent, distance, amount }, { entry, size }) - slack) return 'take-profit';
    return late && (rules.timeStop?.evenInProfit || gain <= (entry * (rules.breakEven?.feesPercent ?? 0.1)) / 100) ? 'time-stop' : null;
  }
}

type Bounds = { readonly percent: number | undefined; readonly distance: string | undefined; readonly amount: string | undefined };
type Held = { readonly entry: number; readonly size: number };

const nearest = ({ percent, distance, amount }: Bounds, { entry, size }: Held): number =>
  Math.min(
    percent === undefined ? Number.POSITIVE_INFINITY : (entry / 100) * percent,
    distance === undefined ? Number.POSITIVE_INFINITY : Number(distance),
    amount === undefined ? Number.POSITIVE_INFINITY : Number(amount) / size,
  );

/** Loss in price at which a position has to be closed. */
export const stopBound = ({ stopLossPercent, stopLossDistance, stopLossAmount }: ExitParameters, held: Held): number =>
  nearest({ percent: stopLossPercent, distance: stopLossDistance, amount: stopLossAmount }, held);

/** What taking this much would cost on average; what the rows do not hold counts at the last one. */
export function average(rows: readonly (readonly [string | number, string | number])[], size: number): number | null {
  let [left, paid, last] = [size, 0, 0];
  for (const [price, offered] of rows) {
    last = Number(price);
    const part = Math.min(left, Number(offered));
    paid += part * last;
    left -= part;
    if (left <= 1e-12) break;
  }
  return rows.length === 0 ? null : (paid + Math.max(0, left) * last) / size;
}
