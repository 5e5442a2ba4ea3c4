/** What a backtest on K-lines is told beside its data. */
import type { Run } from '../../../brain/runs.ts';
import type { Config } from '../../../shared/config.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { KnownRates } from '../../../shared/sim/account.ts';
import type { Atoms, Lots } from '../../../shared/units.ts';
import type { IntrabarRule } from './bar-path.ts';
import type { FundingSource } from './funding-table.ts';

export type KlineSymbol = { readonly instrument: Instrument; readonly funding: FundingSource; readonly firstMs: number };
export type KlineOptions = {
  readonly config: Config;
  readonly runs: readonly Run[];
  readonly symbols: readonly KlineSymbol[];
  /** Of all files. */
  readonly barMs: number;
  /** First moment that is traded; bars before it warm up. */
  readonly fromMs: number;
  readonly intrabar: IntrabarRule;
  readonly takerCostBps: number;
  /** From the close of a bar to the fill of what was decided on it. */
  readonly delayMs: number;
  readonly leverage: number;
  readonly balances: Readonly<Record<string, Atoms>>;
  /** Null: what a regular user of the venue pays. */
  readonly fees: KnownRates | null;
  /** When the strategies are asked: when a bar has closed, or at every point of its way as well (`useOpenBar`). */
  readonly looks: 'close' | 'points';
  /** Closed bars that a strategy is shown, by interval. */
  readonly keep: ReadonlyMap<string, number>;
  readonly seed: number;
  /** Told at the close of each bar, before anything is decided on it. */
  readonly onBar?: (bar: BarLook) => void;
};

/** Of one symbol; `equity` is that of the account. */
export type BarLook = { readonly closedMs: number; readonly symbol: string; readonly position: Lots; readonly equity: number };
