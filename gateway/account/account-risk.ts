/**
 * The account as a whole against its floors: equity by margin asset, the day's loss, margin still available. Looked at a few times a
 * second; what it finds makes the gateway reduce-only. Not known is no finding here: then position or balance are unknown, and nothing
 * new leaves anyway.
 */
import type { FundingReport } from '../../shared/events.ts';
import type { Instrument } from '../../shared/instrument.ts';
import type { Limits } from '../../shared/limits.ts';
import { type Atoms, atoms, formatAtoms, type MonoMs, type WallMs, ZERO_ATOMS } from '../../shared/units.ts';
import type { MarketView } from '../venues/venue.ts';
import { DayPnl } from './day-pnl.ts';
import { equityIn, type Held, unrealizedIn } from './equity.ts';
import type { Keeper } from './keeper.ts';

export type AccountRiskOptions = {
  readonly keeper: Keeper;
  readonly venue: { readonly instruments: ReadonlyMap<string, Instrument>; readonly market: Pick<MarketView, 'mark'> };
  /** In force now. */
  readonly limits: () => Limits;
  /** Where the day began, as it was last saved; null at the first start. */
  readonly saved: string | null;
  readonly save: (text: string) => boolean;
};

const LOOK_MS = 250;
/** Below a floor until this much above it, so that a margin at the floor does not flap; percent of the equity. */
const AVAILABLE_MARGIN = 2;

export class AccountRisk {
  readonly #options: AccountRiskOptions;
  readonly #assets: readonly string[];
  readonly #day: DayPnl;
  #lookedAt: MonoMs | null = null;
  #low = new Set<string>();
  readonly #seen = new Map<string, Atoms>();

  constructor(options: AccountRiskOptions) {
    this.#options = options;
    this.#day = new DayPnl(options);
    this.#assets = [...new Set([...options.venue.instruments.values()].map(({ quoteAsset }) => quoteAsset))];
  }

  /** Margin assets in which the day's loss went too far. */
  get lost(): readonly string[] {
    return this.#assets.filter((asset) => this.#day.hasLost(asset));
  }

  /** Margin assets of which too little is available. */
  get low(): readonly string[] {
    return [...this.#low];
  }

  /** Null while it cannot be told. */
  equity(asset: string): Atoms | null {
    return equityIn(asset, { balances: this.#options.keeper.balances, held: this.#held(asset) });
  }

  /** Profit since midnight UTC, open positions included; null while it cannot be told. */
  dayPnl(asset: string, nowMs: WallMs): Atoms | null {
    const earned = this.#earned(asset);
    return earned === null ? null : this.#day.look({ asset, earned, nowMs });
  }

  /** The same as of the last look, for whoever must change nothing; null while it cannot be told. */
  dayPnlSeen(asset: string): Atoms | null {
    return this.#options.keeper.known ? (this.#seen.get(asset) ?? null) : null;
  }

  /** A person resumes: the day's loss counts from here. */
  forgive(): void {
    this.#day.forgive();
  }

  /** Funding that was booked only now, and may be of an earlier day. */
  bookedLate(report: FundingReport): void {
    this.#day.bookedLate(report);
  }

  tick(now: MonoMs, nowMs: WallMs): void {
    const { keeper } = this.#options;
    this.#day.retry();
    if (!keeper.known || (this.#lookedAt !== null && now - this.#lookedAt < LOOK_MS)) return;
    this.#lookedAt = now;
    for (const asset of this.#assets) this.#look(asset, nowMs);
  }

  #look(asset: string, nowMs: WallMs): void {
    const { equity: shares, margin } = this.#options.limits();
    const equity = this.equity(asset);
    const pnl = this.dayPnl(asset, nowMs);
    if (pnl === null) this.#seen.delete(asset);
    else this.#seen.set(asset, pnl);
    if (equity === null || pnl === null) return;
    const before = equity - pnl; // what the day began with
    if (before > 0n && pnl < -percentOf(before, shares.maxDailyLossPercent))
      this.#lose(asset, { pnl, percent: shares.maxDailyLossPercent });
    const available = this.#options.keeper.balances.find((balance) => balance.asset === asset)?.available ?? null;
    if (available === null || equity === 0n) return;
    const floor = margin.minAvailablePercent + (this.#low.has(asset) ? AVAILABLE_MARGIN : 0);
    this.#setLow(asset, available < percentOf(equity, floor));
  }

  #lose(asset: string, { pnl, percent }: { readonly pnl: Atoms; readonly percent: number }): void {
    const { keeper } = this.#options;
    if (!this.#day.lose(asset)) return;
    keeper.notice({
      level: 'error',
      message: 'Daily loss limit reached',
      fields: { asset, dayPnl: formatAtoms(pnl), limitPercent: percent },
    });
  }

  #setLow(asset: string, low: boolean): void {
    if (low === this.#low.has(asset)) return;
    if (low) this.#low.add(asset);
    else this.#low.delete(asset);
    const message = low ? 'Available margin is below its floor' : 'Available margin is above its floor again';
    this.#options.keeper.notice({ level: 'warn', message, fields: { asset } });
  }

  /** What is not flat, of the contracts margined in an asset. */
  #held(asset: string): readonly Held[] {
    const { keeper } = this.#options;
    const { instruments, market } = this.#options.venue;
    const held: Held[] = [];
    for (const [symbol, instrument] of instruments) {
      const holding = keeper.ledger.positions.row(symbol);
      if (instrument.quoteAsset === asset && holding.size !== 0) held.push({ instrument, holding, mark: market.mark(symbol) });
    }
    return held;
  }

  /** Since the ledger began; null while a position cannot be valued. */
  #earned(asset: string): Atoms | null {
    const unrealized = unrealizedIn(asset, this.#held(asset));
    if (unrealized === null) return null;
    const { venue, keeper } = this.#options;
    let total: bigint = unrealized + keeper.ledger.positions.unnamedFunding(asset);
    for (const [symbol, { quoteAsset }] of venue.instruments) {
      const { realized, funding, fees } = keeper.ledger.positions.row(symbol);
      if (quoteAsset === asset) total += realized + funding;
      total -= fees[asset] ?? ZERO_ATOMS;
    }
    return atoms(total);
  }
}

const percentOf = (amount: bigint, percent: number): bigint => (amount * BigInt(Math.round(percent * 100))) / 10_000n;
