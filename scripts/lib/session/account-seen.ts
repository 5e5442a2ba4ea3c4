/**
 * The account of a recorded session as it was when it began: what the venue answered first, and no later word. A paper account is asked
 * nothing: what it held stands in the ledger, which tells of a position before its first fill or only with it.
 */
import * as z from 'zod';
import type { TapeRecord } from '../../../shared/tape.ts';
import { accountAnswer } from '../replay/decoders.ts';
import type { StartingAccount } from './session.ts';

const Written = z.object({
  positions: z.array(z.object({ symbol: z.string(), size: z.string(), cost: z.string() })).optional(),
  fills: z.array(z.object({ symbol: z.string() })).optional(),
});

export class AccountSeen {
  #balances: StartingAccount['balances'] = {};
  readonly #leverage: Record<string, number> = {};
  readonly #fees: Record<string, { readonly maker: string; readonly taker: string }> = {};
  #held: StartingAccount['held'] | null = null;
  readonly #ledger: Record<string, StartingAccount['held'][string]> = {};
  readonly #begun = new Set<string>();
  /** Symbols of which the ledger told only what was held after a fill. */
  readonly #late = new Set<string>();

  take({ source, name, raw }: TapeRecord): void {
    if (source === 'ledger') this.#written(Written.parse(JSON.parse(raw)));
    const told = source === 'rest' ? accountAnswer(name, raw) : null;
    if (told?.balances && Object.keys(this.#balances).length === 0) this.#balances = told.balances;
    this.#held ??= told?.held ?? null;
    for (const [symbol, leverage] of Object.entries(told?.leverage ?? {})) this.#leverage[symbol] ??= leverage;
    for (const [symbol, rates] of Object.entries(told?.fees ?? {})) this.#fees[symbol] ??= rates;
  }

  get start(): StartingAccount {
    return { balances: this.#balances, leverage: this.#leverage, fees: this.#fees, held: this.#held ?? this.#ledger };
  }

  /** Symbols of which nobody said what was held when it began. */
  get unknown(): readonly string[] {
    return this.#held === null ? [...this.#late] : [];
  }

  #written({ positions = [], fills = [] }: z.infer<typeof Written>): void {
    for (const { symbol, size, cost } of positions) {
      if (this.#begun.has(symbol)) continue;
      this.#begun.add(symbol);
      if (fills.some((fill) => fill.symbol === symbol)) this.#late.add(symbol);
      else if (Number(size) !== 0) this.#ledger[symbol] = { size, entryPrice: String(Number((Number(cost) / Number(size)).toFixed(8))) };
    }
  }
}
