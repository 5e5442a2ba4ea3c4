/**
 * The venue's countdown that cancels all orders of a symbol when we vanish. Armed while we have orders there and everything is healthy:
 * when the brain, a book or the user stream is dead it is left to run out, on purpose. It is symbol-wide, so with a foreign order on the
 * symbol it is not armed unless the account is exclusive. Sans-I/O. Binance USD-M docs, countdownCancelAll (reference sheet 2026-11, 3.1).
 */
import { type MonoMs, monoMs } from '../../shared/units.ts';

export type SymbolView = { readonly symbol: string; readonly ownOrders: number; readonly foreignOrders: number; readonly healthy: boolean };
export type DeadManAction = { readonly kind: 'arm' | 'disarm'; readonly symbol: string };
export type DeadManOptions = { readonly countdownMs: number; readonly refreshMs: number; readonly exclusive: boolean };

/** Request weight of one call; all symbols together get at most this share of the minute's budget. */
const WEIGHT = 10;
const WEIGHT_SHARE = 0.25;
const RETRY_MS = 1_000;

export class DeadMan {
  readonly #options: DeadManOptions;
  readonly #armedAt = new Map<string, MonoMs>();

  constructor(options: DeadManOptions) {
    this.#options = options;
  }

  /** Time between re-arms of one symbol: stretched when many symbols would use up the weight, at most half the countdown. */
  refreshMs({ symbols, weightLimit }: { readonly symbols: number; readonly weightLimit: number }): number {
    const share = Math.max(1, weightLimit * WEIGHT_SHARE);
    const affordable = (symbols * WEIGHT * 60_000) / share;
    return Math.min(Math.max(this.#options.refreshMs, affordable), this.#options.countdownMs / 2);
  }

  tick(
    views: readonly SymbolView[],
    { now, weightLimit }: { readonly now: MonoMs; readonly weightLimit: number },
  ): readonly DeadManAction[] {
    const refreshMs = this.refreshMs({ symbols: views.length, weightLimit });
    return views.flatMap((view) => this.#actOn(view, { now, refreshMs }));
  }

  /** A call failed: the countdown there is not to be relied on, so it is tried again in a second. */
  failed(symbol: string, now: MonoMs): void {
    this.#armedAt.set(symbol, monoMs(now - this.#options.refreshMs + RETRY_MS));
  }

  /** On a clean shutdown, when nothing of ours is open. */
  disarmAll(): readonly DeadManAction[] {
    const symbols = [...this.#armedAt.keys()];
    this.#armedAt.clear();
    return symbols.map((symbol) => ({ kind: 'disarm', symbol }));
  }

  #actOn(view: SymbolView, { now, refreshMs }: { readonly now: MonoMs; readonly refreshMs: number }): readonly DeadManAction[] {
    const { symbol } = view;
    const at = this.#armedAt.get(symbol);
    const running = at !== undefined && now - at < this.#options.countdownMs;
    if (at !== undefined && !running) this.#armedAt.delete(symbol);
    if (view.foreignOrders > 0 && !this.#options.exclusive) {
      if (!running) return [];
      this.#armedAt.delete(symbol);
      return [{ kind: 'disarm', symbol }];
    }
    if (view.ownOrders === 0 || !view.healthy || (running && now - at < refreshMs)) return [];
    this.#armedAt.set(symbol, now);
    return [{ kind: 'arm', symbol }];
  }
}
