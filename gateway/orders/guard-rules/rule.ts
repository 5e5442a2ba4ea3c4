/** What a rule of the guard is, and everything the rules look at. */
import type { Limits, SymbolLimits } from '../../../shared/limits.ts';
import type { Mode } from '../../../shared/snapshot.ts';
import type { Refusal } from '../../../shared/command.ts';
import { fractionalTicks, type Instrument } from '../../../shared/instrument.ts';
import { type Atoms, type Lots, type MonoMs, type Ticks, ticks } from '../../../shared/units.ts';
import type { LedgerOrder } from '../../account/rows.ts';
import type { BookView, OrderRequest } from '../../venues/venue.ts';

/** Lots by side. */
export type Sides = { readonly buy: Lots; readonly sell: Lots };

/** Limits that grow and shrink with the account, percent of its equity. */
export type EquityShares = Limits['equity'];

/** Everything the guard looks at; made fresh for each command. */
export type GuardView = {
  readonly now: MonoMs;
  readonly instrument: Instrument;
  readonly limits: SymbolLimits | null;
  readonly maxGrossNotional: Atoms;
  readonly shares: EquityShares;
  readonly book: BookView;
  readonly markPrice: string | null;
  /** Since the mark was told; null while there is none. */
  readonly markAgeMs: number | null;
  readonly accountKnown: boolean;
  /** Wallet and unrealized profit of the asset that the contract is margined in; null while it cannot be valued. */
  readonly equity: Atoms | null;
  /** Percent between mark and liquidation price; null when flat, or when the venue names no such price. */
  readonly liquidationPercent: number | null;
  readonly minLiquidationPercent: number;
  /** Smallest and largest size the account may hold; differ while ledger and venue disagree. */
  readonly held: { readonly low: Lots; readonly high: Lots };
  /** What own stops at the venue may close. */
  readonly stops: Sides;
  /** Own orders of the symbol that may still fill, and ended ones with fills on their way. */
  readonly own: readonly LedgerOrder[];
  readonly foreignOrders: number;
  readonly exclusive: boolean;
  /** Worst-case notional of the other symbols; null when one of them cannot be valued. */
  readonly otherGross: Atoms | null;
  readonly degraded: { readonly mode: Mode; readonly reasons: readonly string[] };
  readonly mode: {
    /** Why nothing new may be opened on the symbol; null when it may. */
    readonly halted: string | null;
    readonly stopped: boolean;
    readonly shuttingDown: boolean;
    readonly paused: boolean;
    readonly closing: boolean;
  };
  /** When the snapshot the decision rests on was published; null when it is none of ours or long gone. */
  readonly basedOnAt: MonoMs | null;
  readonly ttlMs: number;
  /** The position held has been without a confirmed stop at the venue for too long. */
  readonly stopMissing: boolean;
  /** Id of an order of the symbol whose outcome has been unknown for too long; null when there is none. */
  readonly unknownOrder: string | null;
  /** Sentence when the venue's budget is used up. */
  readonly budget: string | null;
  /** Sentence when more commands came than may, or too many orders went out for the fills they brought. */
  readonly pace: { readonly code: 'limit-rate' | 'limit-order-to-fill'; readonly why: string } | null;
};
/** `replaces`: the order that an amend changes; its own exposure is not counted twice. */
export type Checked = { readonly request: OrderRequest; readonly replaces: LedgerOrder | null; readonly view: GuardView };
export type GuardRefusal = { readonly code: Refusal; readonly sentence: string };
export type Rule = (checked: Checked) => GuardRefusal | null;

export const refuse = ({ request, replaces }: Checked, { code, why }: { readonly code: Refusal; readonly why: string }): GuardRefusal => ({
  code,
  sentence: `Cannot ${replaces ? 'amend' : 'place'} order "${request.clientId}": ${why}`,
});

export function midOf({ book }: BookView): number | null {
  const [bid, ask] = [book.bestBid, book.bestAsk];
  return bid === null || ask === null ? null : (bid + ask) / 2;
}

/** Price to value exposure with, rounded up: mid, else mark. */
export function referencePrice({ book, markPrice, instrument }: Pick<GuardView, 'book' | 'markPrice' | 'instrument'>): Ticks | null {
  const price = midOf(book) ?? (markPrice === null ? null : fractionalTicks(instrument, markPrice));
  return price === null || !Number.isFinite(price) ? null : ticks(Math.ceil(price));
}
