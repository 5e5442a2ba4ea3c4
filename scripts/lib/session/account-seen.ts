/** The account of a recorded session as it was when it began: what the venue answered first, and what the ledger knew. */
import * as z from 'zod';
import { Balances, CommissionRate, parseJson, SymbolConfigs } from '../../../gateway/venues/binance/wire.ts';
import type { TapeRecord } from '../../../shared/tape.ts';
import type { StartingAccount } from './session.ts';

const Rows = z.object({ positions: z.array(z.object({ symbol: z.string(), size: z.string() })).default([]) });
const ANSWER = /^200 GET \S*\/(balance|symbolConfig|commissionRate)(?:\?(\S*))?$/;

export class AccountSeen {
  #balances: Record<string, string> = {};
  readonly #leverage: Record<string, number> = {};
  readonly #fees: Record<string, { readonly maker: string; readonly taker: string }> = {};
  readonly #held: Record<string, string> = {};

  take({ source, name, raw }: TapeRecord): void {
    if (source === 'ledger') this.#written(raw);
    const [, what, query = ''] = (source === 'rest' && ANSWER.exec(name)) || [];
    if (what !== undefined) this.#answer(what, { query, value: parseJson(raw)?.value });
  }

  get start(): StartingAccount {
    return { balances: this.#balances, leverage: this.#leverage, fees: this.#fees, held: this.#held };
  }

  #answer(what: string, { query, value }: { readonly query: string; readonly value: unknown }): void {
    if (what === 'balance') {
      const balances = Balances.safeParse(value);
      if (balances.success && Object.keys(this.#balances).length === 0)
        this.#balances = Object.fromEntries(balances.data.map(({ asset, balance }) => [asset, balance]));
    } else if (what === 'symbolConfig') {
      const configs = SymbolConfigs.safeParse(value);
      if (configs.success) for (const { symbol, leverage } of configs.data) this.#leverage[symbol] ??= leverage;
    } else {
      const [symbol, rates] = [new URLSearchParams(query).get('symbol') ?? '', CommissionRate.safeParse(value)];
      if (rates.success) this.#fees[symbol] ??= { maker: rates.data.makerCommissionRate, taker: rates.data.takerCommissionRate };
    }
  }

  /** The first word on a symbol is where counting began. */
  #written(raw: string): void {
    const rows = Rows.safeParse(JSON.parse(raw));
    if (!rows.success) return;
    for (const { symbol, size } of rows.data.positions) this.#held[symbol] ??= size;
  }
}
