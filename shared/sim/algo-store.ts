/** The conditional orders of all accounts, by every name they can be asked for. Ended ones are forgotten beyond a bound, oldest first. */
import { type AlgoOrder, isWaiting } from './algo-order.ts';
import type { Journal } from './saved.ts';

const ENDED_MAX = 20_000;

/** The id wins when both are given. */
export type AlgoName = { readonly id?: string | undefined; readonly clientId?: string | undefined };

export class AlgoStore {
  readonly #journal: Journal;
  /** Every order by id, oldest first. */
  readonly #orders = new Map<string, AlgoOrder>();
  readonly #waiting = new Map<string, AlgoOrder>();
  /** The newest order of an account with that client id: at most one of them waits. */
  readonly #idByClientId = new Map<string, string>();
  readonly #idByChild = new Map<number, string>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Keeps the newest state of an order. */
  put(order: AlgoOrder): void {
    this.#journal.algo(order);
    if (!this.#orders.has(order.id)) {
      this.#idByClientId.set(clientName(order), order.id);
      this.#forgetOldest();
    }
    this.#orders.set(order.id, order);
    if (isWaiting(order)) this.#waiting.set(order.id, order);
    else this.#waiting.delete(order.id);
    if (order.child && order.status === 'triggered') this.#idByChild.set(order.child.key, order.id);
    else if (order.child) this.#idByChild.delete(order.child.key);
  }

  get(id: string): AlgoOrder | null {
    return this.#orders.get(id) ?? null;
  }

  find(apiKey: string, { id, clientId }: AlgoName): AlgoOrder | null {
    const order = this.get(id ?? this.#idByClientId.get(clientName({ apiKey, clientId: clientId ?? '' })) ?? '');
    return order?.apiKey === apiKey ? order : null;
  }

  /** Whose order in the market this is, while it is open there. */
  ofChild(key: number): AlgoOrder | null {
    return this.get(this.#idByChild.get(key) ?? '');
  }

  /** Those that have not triggered, oldest first. */
  waiting(fits: (order: AlgoOrder) => boolean): readonly AlgoOrder[] {
    return [...this.#waiting.values()].filter(fits);
  }

  /** How many wait: asked at every order of the account, so nothing is built for it. */
  countWaiting(fits: (order: AlgoOrder) => boolean): number {
    let count = 0;
    for (const order of this.#waiting.values()) if (fits(order)) count++;
    return count;
  }

  all(): readonly AlgoOrder[] {
    return [...this.#orders.values()];
  }

  #forgetOldest(): void {
    if (this.#orders.size < ENDED_MAX) return;
    for (const order of this.#orders.values()) {
      if (isWaiting(order) || order.status === 'triggered') continue;
      this.#orders.delete(order.id);
      if (this.#idByClientId.get(clientName(order)) === order.id) this.#idByClientId.delete(clientName(order));
      return;
    }
  }
}

const clientName = ({ apiKey, clientId }: Pick<AlgoOrder, 'apiKey' | 'clientId'>): string => `${apiKey} ${clientId}`;
