/** The account of a recorded session as it was when it began: what the venue answered first, and no later word. */
import type { TapeRecord } from '../../../shared/tape.ts';
import { accountAnswer } from '../replay/decoders.ts';
import type { StartingAccount } from './session.ts';

export class AccountSeen {
  #balances: StartingAccount['balances'] = {};
  readonly #leverage: Record<string, number> = {};
  readonly #fees: Record<string, { readonly maker: string; readonly taker: string }> = {};
  #held: StartingAccount['held'] | null = null;

  take({ source, name, raw }: TapeRecord): void {
    const told = source === 'rest' ? accountAnswer(name, raw) : null;
    if (told?.balances && Object.keys(this.#balances).length === 0) this.#balances = told.balances;
    this.#held ??= told?.held ?? null;
    for (const [symbol, leverage] of Object.entries(told?.leverage ?? {})) this.#leverage[symbol] ??= leverage;
    for (const [symbol, rates] of Object.entries(told?.fees ?? {})) this.#fees[symbol] ??= rates;
  }

  get start(): StartingAccount {
    return { balances: this.#balances, leverage: this.#leverage, fees: this.#fees, held: this.#held ?? {} };
  }
}
