/** Own orders in memory by client id, and by symbol those that may still move the position: asked for at every command, every tick and every snapshot. */
import { hasEnded } from '../../shared/order.ts';
import type { LedgerOrder } from './rows.ts';

type Rows = Map<string, LedgerOrder>;

export class OrderIndex {
  readonly #all: Rows = new Map();
  readonly #bySymbol = new Map<string, { readonly all: Rows; readonly moving: Rows }>();

  get(clientId: string): LedgerOrder | undefined {
    return this.#all.get(clientId);
  }

  set(row: LedgerOrder): void {
    const { all, moving } = this.#of(row.symbol);
    this.#all.set(row.clientId, row);
    all.set(row.clientId, row);
    if (isMoving(row)) moving.set(row.clientId, row);
    else moving.delete(row.clientId);
  }

  delete(clientId: string): void {
    const row = this.#all.get(clientId);
    if (!row) return;
    this.#all.delete(clientId);
    this.#bySymbol.get(row.symbol)?.all.delete(clientId);
    this.#bySymbol.get(row.symbol)?.moving.delete(clientId);
  }

  /** In the order in which they were taken in. */
  values(symbol?: string): LedgerOrder[] {
    return [...(symbol === undefined ? this.#all : (this.#bySymbol.get(symbol)?.all ?? NONE)).values()];
  }

  /** Those that have not ended, and those whose last fills are on their way. */
  moving(symbol?: string): LedgerOrder[] {
    if (symbol !== undefined) return [...(this.#bySymbol.get(symbol)?.moving ?? NONE).values()];
    return [...this.#bySymbol.values()].flatMap(({ moving }) => [...moving.values()]);
  }

  #of(symbol: string) {
    const found = this.#bySymbol.get(symbol) ?? { all: new Map(), moving: new Map() };
    this.#bySymbol.set(symbol, found);
    return found;
  }
}

const NONE: Rows = new Map();

const isMoving = ({ order, statedFilled }: LedgerOrder): boolean => !hasEnded(order.status) || statedFilled > order.filled;
