/** The ledger and its disk as one: every change is committed, then told to those who publish fills and reconcile doubts. */
import type { AlarmCode } from '../../shared/alarm.ts';
import type { AccountEvent, BalanceReport } from '../../shared/events.ts';
import type { Clock } from '../../shared/clock.ts';
import type { MonoMs } from '../../shared/units.ts';
import type { AccountState, Commission, Holdings } from '../venues/venue.ts';
import type { Cause } from './audit-rows.ts';
import type { Ledger } from './ledger.ts';
import { type BookedFill, type Change, DOUBT_KINDS, type DoubtFact, type DoubtKind, type LedgerOrder, type Now } from './rows.ts';
import { UnknownWatch } from './unknown-watch.ts';

/** What a core has to say; a driver logs it, and raises the alarm where it names one. */
export type Fact = {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly alarm?: AlarmCode;
};
export type Notice = (fact: Fact) => void;

export type Listener = {
  readonly onFills: (fills: readonly BookedFill[]) => void;
  readonly onDoubts: (doubts: readonly DoubtFact[]) => void;
  readonly onOrders: (orders: readonly LedgerOrder[]) => void;
};
export type KeeperOptions = {
  readonly ledger: Ledger;
  readonly write: (change: Change, cause: Cause) => boolean;
  readonly clock: Clock;
  readonly notice: Notice;
};

export class Keeper {
  readonly ledger: Ledger;
  readonly notice: Notice;
  readonly #options: KeeperOptions;
  readonly #balances = new Map<string, BalanceReport>();
  readonly #leverage = new Map<string, number>();
  readonly #commission = new Map<string, Commission>();
  #settings: Pick<AccountState, 'isolated' | 'multiAssets' | 'marginRatio'> | null = null;
  readonly #liquidation = new Map<string, string | null>();
  readonly #doubts = new Map<DoubtKind, number>();
  /** Orders whose outcome nobody knows. */
  readonly unknowns: UnknownWatch;
  /** False: reconciling does not come to an end, so nothing new is opened. */
  agrees = true;
  #listeners: Listener[] = [];
  /** Since when the account is known without a break: the stream is live and the account was read after it came up. */
  #knownSince: MonoMs | null = null;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.ledger = options.ledger;
    this.notice = options.notice;
    this.unknowns = new UnknownWatch(options.ledger.openOrders(), options.clock.monoMs());
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  now(): Now {
    return { mono: this.#options.clock.monoMs(), wall: this.#options.clock.wallMs() };
  }

  /** True once on disk; false when the disk failed (it waits in memory, and holds all the same). */
  commit(change: Change, cause: Cause = 'reconcile'): boolean {
    const written = this.#options.write(change, cause);
    this.unknowns.see(change.orders, this.#options.clock.monoMs());
    for (const { doubt } of change.doubts) this.#doubts.set(doubt, (this.#doubts.get(doubt) ?? 0) + 1);
    for (const listener of this.#listeners) {
      if (change.newFills.length > 0) listener.onFills(change.newFills);
      if (change.doubts.length > 0) listener.onDoubts(change.doubts);
      if (change.orders.length > 0) listener.onOrders(change.orders);
    }
    return written;
  }

  /** How often the ledger doubted since the start, by kind. */
  doubts(): Readonly<Record<DoubtKind, number>> {
    return Object.fromEntries(DOUBT_KINDS.map((kind) => [kind, this.#doubts.get(kind) ?? 0])) as Record<DoubtKind, number>;
  }

  /** The same in the words of the last line of a run. */
  doubtCounts(): Readonly<Record<string, number>> {
    return Object.fromEntries(DOUBT_KINDS.map((kind) => [camelOf(`doubts-${kind}`), this.#doubts.get(kind) ?? 0]));
  }

  /** One event of the private stream; the stream's own life is the caller's business. */
  handle(event: AccountEvent): void {
    const now = this.now();
    switch (event.kind) {
      case 'order':
        this.commit(this.ledger.report(event, { now }), 'stream');
        return;
      case 'fill':
        this.commit(this.ledger.fill(event, now), 'stream');
        return;
      case 'position':
        this.commit(this.ledger.position(event, now), 'stream');
        return;
      case 'balance':
        this.setBalance(event);
        return;
      case 'funding':
        this.commit(this.ledger.funding(event), 'stream');
        return;
      case 'leverage':
        this.#leverage.set(event.symbol, event.leverage);
        return;
      case 'stop': // kept apart from the ledger of orders
      case 'forced-close': // its fills are told by themselves
      case 'margin-call':
      case 'multi-assets':
      case 'stream':
        return;
      default:
        throw new Error(`Cannot handle account event: ${JSON.stringify(event satisfies never)}`);
    }
  }

  /** The newer word wins; the stream never tells what is available, so the last such figure stays until the next read. */
  setBalance(report: BalanceReport): void {
    const before = this.#balances.get(report.asset);
    if (before && report.atMs < before.atMs) return;
    this.#balances.set(report.asset, { ...report, available: report.available ?? before?.available ?? null });
  }

  /** What every read of the account tells of risk; the settings only where it told them. */
  setHoldings({ positions, balances, liquidationPrice }: Holdings): void {
    for (const report of positions) this.commit(this.ledger.position(report, this.now()));
    for (const report of balances) this.setBalance(report);
    for (const { symbol } of positions) this.#liquidation.set(symbol, liquidationPrice[symbol] ?? null);
  }

  setAccount(account: AccountState): void {
    this.setHoldings(account);
    for (const [symbol, leverage] of Object.entries(account.leverage)) this.#leverage.set(symbol, leverage);
    this.#settings = account;
  }

  setCommission(symbol: string, commission: Commission): void {
    this.#commission.set(symbol, commission);
  }

  commission(symbol: string): Commission | null {
    return this.#commission.get(symbol) ?? null;
  }

  /** Null before the first read; so are the following. */
  isIsolated(symbol: string): boolean | null {
    return this.#settings?.isolated.includes(symbol) ?? null;
  }

  get multiAssets(): boolean | null {
    return this.#settings?.multiAssets ?? null;
  }

  get marginRatio(): number | null {
    return this.#settings?.marginRatio ?? null;
  }

  get balances(): readonly BalanceReport[] {
    return [...this.#balances.values()];
  }

  leverage(symbol: string): number | null {
    return this.#leverage.get(symbol) ?? null;
  }

  liquidationPrice(symbol: string): string | null {
    return this.#liquidation.get(symbol) ?? null;
  }

  get knownSince(): MonoMs | null {
    return this.#knownSince;
  }

  get known(): boolean {
    return this.#knownSince !== null;
  }

  setKnown(known: boolean): void {
    if (known !== this.known) this.ledger.positions.compareMoney(known);
    this.#knownSince = known ? (this.#knownSince ?? this.now().mono) : null;
  }
}

const camelOf = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
