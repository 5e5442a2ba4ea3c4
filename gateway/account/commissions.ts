/** Reads commission rates, one symbol at a time so that their weight never comes together; what was read stays until it is read again. */
import type { MonoMs } from '../../shared/units.ts';
import type { OrderEntry } from '../venues/venue.ts';
import type { Keeper } from './keeper.ts';

export type CommissionsOptions = {
  readonly keeper: Keeper;
  readonly orders: Pick<OrderEntry, 'commission'>;
  readonly symbols: readonly string[];
};

/** Rates change by the day; until all are known one symbol is asked every second, after it one every minute. */
const STEADY_MS = 60_000;
const FIRST_MS = 1_000;

export class Commissions {
  readonly #options: CommissionsOptions;
  #asked = 0;
  #askedAt = 0;

  constructor(options: CommissionsOptions) {
    this.#options = options;
  }

  tick(now: MonoMs): void {
    const { orders, symbols } = this.#options;
    if (!orders.commission || now - this.#askedAt < (this.#asked < symbols.length ? FIRST_MS : STEADY_MS)) return;
    this.#askedAt = now;
    void this.#read();
  }

  async #read(): Promise<void> {
    const { keeper, orders, symbols } = this.#options;
    const symbol = symbols[this.#asked++ % symbols.length];
    if (symbol === undefined || !orders.commission) return;
    const result = await orders.commission(symbol);
    if (result.ok) keeper.setCommission(symbol, result.value);
    else keeper.notice({ level: 'warn', message: 'Commission rates could not be read', fields: { symbol, fault: result.error } });
  }
}
