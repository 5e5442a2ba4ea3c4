/** The account of a recorded session as it was when it began: what the venue answered first, and what the ledger knew. */
import * as z from 'zod';
import type { TapeRecord } from '../../../shared/tape.ts';
import { accountAnswer } from '../replay/decoders.ts';
import type { StartingAccount } from './session.ts';

const Rows = z.object({ positions: z.array(z.object({ symbol: z.string(), size: z.string() })).default([]) });
export class AccountSeen {
  #balances: StartingAccount['balances'] = {};
  readonly #leverage: Record<string, number> = {};
  readonly #fees: Record<string, { readonly maker: string; readonly taker: string }> = {};
  readonly #held: Record<string, string> = {};

  take({ source, name, raw }: TapeRecord): void {
    if (source === 'ledger') this.#written(raw);
    const told = source === 'rest' ? accountAnswer(name, raw) : null;
    if (told?.balances && Object.keys(this.#balances).length === 0) this.#balances = told.balances;
    for (const [symbol, leverage] of Object.entries(told?.leverage ?? {})) this.#leverage[symbol] ??= leverage;
    for (const [symbol, rates] of Object.entries(told?.fees ?? {})) this.#fees[symbol] ??= rates;
  }

  get start(): StartingAccount {
    return { balances: this.#balances, leverage: this.#leverage, fees: this.#fees, held: this.#held };
  }

  /** The first word on a symbol is where counting began. */
  #written(raw: string): void {
    const rows = Rows.safeParse(JSON.parse(raw));
    if (!rows.success) return;
    for (const { symbol, size } of rows.data.positions) this.#held[symbol] ??= size;
  }
}
