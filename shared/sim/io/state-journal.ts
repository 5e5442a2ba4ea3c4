/**
 * Keeps the state file up to date: collects what changes and commits it before anything that depends on it leaves the process. What changes
 * all the time (ids, prices) is written ahead or once in a while: ids are reserved in blocks, and the market goes on from a price of at
 * most a second ago.
 */
import type { ClockSpec } from '../../clock.ts';
import type { AlgoOrder } from '../algo-order.ts';
import type { Exchange } from '../exchange.ts';
import type { OwnTrade, SimOrder } from '../exchange-events.ts';
import type { IncomeRow } from '../income.ts';
import { isOpen } from '../order-store.ts';
import type { ExchangeIds, Journal, SavedExchange } from '../saved.ts';
import { midOf } from '../symbol-market.ts';
import { readRow, writeRow } from './row-text.ts';
import { StateFile, StateProblem } from './state-file.ts';

/** What a file belongs to. */
export type StateIdentity = Readonly<Record<string, number | string | readonly string[]>>;
/** Why a file of `theirs` is not to be taken up by `ours`; null when it may be. */
export type Differ = (theirs: StateIdentity, ours: StateIdentity) => string | null;

/** Middle of each market, in its engine's ticks, and the simulated time it is of; `more` is the owner's own. */
type Moment = { readonly nowMs: number; readonly mids: Readonly<Record<string, number>>; readonly more?: unknown };

/** The life before this one, as far as the file tells of it. */
export type EarlierLife = {
  readonly saved: SavedExchange;
  readonly clock: ClockSpec;
  readonly moment: Moment;
};

const MOMENT_PERIOD_MS = 1_000;
/** Ids are reserved this far ahead: a crash skips at most as many. */
const AHEAD = { update: 1_000_000, trade: 10_000, aggregate: 10_000, order: 100_000n, key: 10_000, algo: 100_000n };

export class StateJournal implements Journal, Disposable {
  readonly #file: StateFile;
  readonly #written = new Map<string, string>();
  readonly #orders = new Map<number, SimOrder>();
  readonly #algos = new Map<string, AlgoOrder>();
  #trades: OwnTrade[] = [];
  readonly #incomeIds = new Map<string, number>();
  /** Rows as they were read: putting them back changes nothing. */
  readonly #known = new WeakSet<object>();
  #reserved: ExchangeIds | null = null;
  #exchange: Exchange | null = null;
  #more: (() => unknown) | undefined;
  #momentMs = Number.NEGATIVE_INFINITY;
  /** How often this state has been taken up; 0 is the life that began it. */
  readonly life: number;
  readonly earlier: EarlierLife | null;

  /** Throws `StateProblem` for a file that another exchange wrote. */
  constructor(path: string, identity: StateIdentity, differ: Differ = firstDifference) {
    this.#file = new StateFile(path);
    const theirs = this.#file.document('identity');
    const ours = writeRow(identity);
    const difference = theirs === null || theirs === ours ? null : differ(readRow<StateIdentity>(theirs), identity);
    if (difference !== null) {
      this.#file[Symbol.dispose]();
      throw new StateProblem(difference);
    }
    this.#written.set('identity', ours);
    this.#file.prune();
    this.earlier = this.#load();
    this.life = Number(this.#file.document('life') ?? -1) + 1;
    this.#write(
      new Map([
        ['identity', ours],
        ['life', String(this.life)],
      ]),
    );
  }

  order(order: SimOrder): void {
    if (!this.#known.has(order)) this.#orders.set(order.key, order);
  }

  trade(trade: OwnTrade): void {
    if (!this.#known.has(trade)) this.#trades.push(trade);
  }

  algo(order: AlgoOrder): void {
    if (!this.#known.has(order)) this.#algos.set(order.id, order);
  }

  /** From now on `commit` writes what this exchange is, and with it what `more` says, at the latest a second after it changed. */
  begin(exchange: Exchange, clock: ClockSpec, more?: () => unknown): void {
    this.#exchange = exchange;
    this.#more = more;
    this.#write(new Map([['clock', writeRow(clock)]]));
    this.commit();
  }

  /** Makes durable whatever has changed; costs nothing to speak of when nothing has. */
  commit(): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    const documents = this.#changed(exchange);
    const income = exchange.apiKeys().flatMap((apiKey) => this.#newIncome(exchange, apiKey));
    const rows = this.#orders.size + this.#algos.size + this.#trades.length + income.length;
    const due = exchange.nowMs - this.#momentMs >= MOMENT_PERIOD_MS;
    if (documents.size === 0 && rows === 0 && !due) return;
    documents.set('moment', writeRow({ ...momentOf(exchange), more: this.#more?.() }));
    this.#momentMs = exchange.nowMs;
    const orders = [...this.#orders.values()].map((order) => ({ order, open: isOpen(order) }));
    this.#file.write({ documents, orders, algos: [...this.#algos.values()], trades: this.#trades, income });
    this.#orders.clear();
    this.#algos.clear();
    this.#trades = [];
  }

  /** For a long life: forgets on disk what no start would read back. */
  prune(): void {
    this.#file.prune();
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  #load(): EarlierLife | null {
    const document = <T>(name: string): T | null => {
      const text = this.#file.document(name);
      if (text !== null) this.#written.set(name, text);
      return text === null ? null : readRow<T>(text);
    };
    const [ids, clock, moment] = [document<ExchangeIds>('ids'), document<ClockSpec>('clock'), document<Moment>('moment')];
    const accounts = document<SavedExchange['accounts']>('accounts');
    if (!ids || !clock || !moment || !accounts) return null;
    const rows = this.#file.rows();
    for (const row of [...rows.orders, ...rows.trades, ...rows.algos]) this.#known.add(row);
    for (const { apiKey, row } of rows.income) this.#incomeIds.set(apiKey, row.id);
    const countdowns = document<SavedExchange['countdowns']>('countdowns') ?? [];
    const listings = document<SavedExchange['listings']>('listings') ?? {};
    this.#reserved = ids;
    return { saved: { ids, leftMs: moment.nowMs, accounts, countdowns, listings, ...rows }, clock, moment };
  }

  /** Documents that are no longer what the file says. */
  #changed(exchange: Exchange): Map<string, string> {
    const accounts = exchange.apiKeys().map((apiKey) => {
      const { income: _, ...account } = exchange.trader(apiKey).account.record();
      return account;
    });
    const ids = exchange.ids();
    if (!this.#reserved || exceeds(ids, this.#reserved)) this.#reserved = ahead(ids);
    const present = { accounts, countdowns: exchange.countdowns(), listings: exchange.listings(), ids: this.#reserved };
    const changed = Object.entries(present).map(([name, value]) => [name, writeRow(value)] as const);
    const fresh = new Map(changed.filter(([name, text]) => this.#written.get(name) !== text));
    for (const [name, text] of fresh) this.#written.set(name, text);
    return fresh;
  }

  #newIncome(exchange: Exchange, apiKey: string): readonly { readonly apiKey: string; readonly row: IncomeRow }[] {
    const rows = exchange.trader(apiKey).account.income();
    const last = this.#incomeIds.get(apiKey) ?? 0;
    let from = rows.length;
    while (from > 0 && (rows[from - 1]?.id ?? 0) > last) from--;
    if (from < rows.length) this.#incomeIds.set(apiKey, rows.at(-1)?.id ?? last);
    return rows.slice(from).map((row) => ({ apiKey, row }));
  }

  #write(documents: ReadonlyMap<string, string>): void {
    this.#file.write({ documents, orders: [], algos: [], trades: [], income: [] });
  }
}

function momentOf(exchange: Exchange): Moment {
  const mids = [...exchange.markets].map(([symbol, market]) => [symbol, midOf(market) ?? market.feed.last]);
  return { nowMs: exchange.nowMs, mids: Object.fromEntries(mids) };
}

function exceeds(ids: ExchangeIds, reserved: ExchangeIds): boolean {
  if (ids.key > reserved.key || BigInt(ids.algo) > BigInt(reserved.algo)) return true;
  return Object.entries(ids.markets).some(([symbol, { update, trade, aggregate, order }]) => {
    const held = reserved.markets[symbol];
    return !held || update > held.update || trade > held.trade || aggregate > held.aggregate || BigInt(order) > BigInt(held.order);
  });
}

const ahead = ({ key, algo, markets }: ExchangeIds): ExchangeIds => ({
  key: key + AHEAD.key,
  algo: String(BigInt(algo) + AHEAD.algo),
  markets: Object.fromEntries(
    Object.entries(markets).map(([symbol, ids]) => [
      symbol,
      {
        update: ids.update + AHEAD.update,
        trade: ids.trade + AHEAD.trade,
        aggregate: ids.aggregate + AHEAD.aggregate,
        order: String(BigInt(ids.order) + AHEAD.order),
      },
    ]),
  ),
});

const firstDifference: Differ = (theirs, ours) => {
  const name = Object.keys({ ...ours, ...theirs }).find((key) => writeRow(theirs[key] ?? null) !== writeRow(ours[key] ?? null));
  return name === undefined ? null : `it is of ${name} ${String(theirs[name])}, this run has ${String(ours[name])}`;
};
