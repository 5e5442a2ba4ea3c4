/**
 * The venue's countdown that cancels all orders of a symbol when we vanish. Armed while we have orders there and everything is healthy:
 * when the brain, a book or the user stream is dead it is left to run out, on purpose. It is symbol-wide, so with a foreign order on the
 * symbol it is not armed unless the account is exclusive. Sans-I/O. Binance USD-M docs, countdownCancelAll (reference sheet 2026-11, 3.1).
 */
import { type MonoMs, monoMs } from '../../shared/units.ts';

export type SymbolView = { readonly symbol: string; readonly ownOrders: number; readonly foreignOrders: number; readonly healthy: boolean };
/** `ms`: the countdown to set; 0 disarms. */
export type DeadManAction = { readonly symbol: string; readonly ms: number };
/** What holds now: orders are gone this long after the last sign of us, which is given this often. */
export type DeadManPace = { readonly countdownMs: number; readonly refreshMs: number };
export type DeadManOptions = { readonly countdownMs: number; readonly refreshMs: number; readonly exclusive: boolean };

/** Request weight of one call; all symbols together get at most this share of the minute's budget. */
const WEIGHT = 10;
const WEIGHT_SHARE = 0.25;
const RETRY_MS = 1_000;

export class DeadMan {
  readonly #options: DeadManOptions;
  readonly #armedAt = new Map<string, MonoMs>();
  #pace: DeadManPace | null = null;

  constructor(options: DeadManOptions) {
    this.#options = options;
  }

  /**
   * Time between re-arms of one symbol, stretched when many symbols would use up the weight; the countdown stretches with it, so that one
   * lost call does not cancel the quotes.
   */
  pace({ symbols, weightLimit }: { readonly symbols: number; readonly weightLimit: number }): DeadManPace {
    const share = Math.max(1, weightLimit * WEIGHT_SHARE);
    const refreshMs = Math.max(this.#options.refreshMs, Math.ceil((symbols * WEIGHT * 60_000) / share));
    return { refreshMs, countdownMs: Math.max(this.#options.countdownMs, 2 * refreshMs) };
  }

  /** The pace of the last tick; null before anything was armed. */
  get current(): DeadManPace | null {
    return this.#pace;
  }

  tick(
    views: readonly SymbolView[],
    { now, weightLimit }: { readonly now: MonoMs; readonly weightLimit: number },
  ): readonly DeadManAction[] {
    const symbols = views.filter(({ symbol, ownOrders }) => ownOrders > 0 || this.#armedAt.has(symbol)).length;
    const pace = this.pace({ symbols: Math.max(1, symbols), weightLimit });
    this.#pace = symbols > 0 ? pace : null;
    return views.flatMap((view) => this.#actOn(view, { now, pace }));
  }

  /** Armed at the venue, and not yet due again: a further order changes nothing. */
  covers(symbol: string, now: MonoMs): boolean {
    const at = this.#armedAt.get(symbol);
    return at !== undefined && this.#pace !== null && now - at < this.#pace.refreshMs;
  }

  /** A call failed: the countdown there is not to be relied on, so it is tried again in a second. */
  failed(symbol: string, now: MonoMs): void {
    this.#armedAt.set(symbol, monoMs(now - (this.#pace?.refreshMs ?? this.#options.refreshMs) + RETRY_MS));
  }

  /** On a clean shutdown, when nothing of ours is open. */
  disarmAll(): readonly DeadManAction[] {
    const symbols = [...this.#armedAt.keys()];
    this.#armedAt.clear();
    this.#pace = null;
    return symbols.map((symbol) => ({ symbol, ms: 0 }));
  }

  #actOn(view: SymbolView, { now, pace }: { readonly now: MonoMs; readonly pace: DeadManPace }): readonly DeadManAction[] {
    const { symbol } = view;
    const at = this.#armedAt.get(symbol);
    const running = at !== undefined && now - at < pace.countdownMs;
    if (at !== undefined && !running) this.#armedAt.delete(symbol);
    if (view.foreignOrders > 0 && !this.#options.exclusive) {
      if (!running) return [];
      this.#armedAt.delete(symbol);
      return [{ symbol, ms: 0 }];
    }
    if (view.ownOrders === 0 || !view.healthy || (running && now - at < pace.refreshMs)) return [];
    this.#armedAt.set(symbol, now);
    return [{ symbol, ms: pace.countdownMs }];
  }
}
