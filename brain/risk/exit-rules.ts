/** When a held position is closed: one small function for each rule, the same for a long and its mirrored short. Pure. */
import type { ExitParameters } from '../../shared/exit-parameters.ts';

/** 1 long, -1 short. */
export type Side = 1 | -1;
export const EXIT_REASONS = ['stop-loss', 'trailing-stop', 'break-even', 'take-profit', 'time-stop'] as const;
export type ExitReason = (typeof EXIT_REASONS)[number];

/** Prices in quote units, sizes in base units. */
export type Measured = {
  readonly side: Side;
  readonly entry: number;
  readonly size: number;
  /** At which the whole position could be closed now; null when that cannot be told: then only time counts. */
  readonly price: number | null;
  readonly heldMs: number;
  /** Where trailing and break-even stop stand; null: not there. */
  readonly trail: number | null;
  readonly breakEven: number | null;
  /** Of opening and closing, share of the entry price. */
  readonly feeShare: number;
};
type Rule = (measured: Measured & { readonly price: number }, parameters: ExitParameters) => boolean;

/** Sums of decimals miss a boundary by less than this share of the price: there, a rule fires. */
const ROUNDING = 1e-9;

/** Quote units for each base unit; negative is a loss. */
export const profitOf = ({ side, entry }: Pick<Measured, 'side' | 'entry'>, price: number): number => side * (price - entry);

const atLeast = (value: number, { bound, entry }: { readonly bound: number; readonly entry: number }): boolean =>
  value >= bound - ROUNDING * entry;

type Bounds = {
  readonly percent: number | undefined;
  readonly distance: string | undefined;
  readonly amount: string | undefined;
};

/** Whether a gain reaches any of the bounds that are set. */
function reaches(gain: number, { measured: { entry, size }, bounds }: { readonly measured: Measured; readonly bounds: Bounds }): boolean {
  const { percent, distance, amount } = bounds;
  return (
    (percent !== undefined && atLeast(gain, { bound: (entry * percent) / 100, entry })) ||
    (distance !== undefined && atLeast(gain, { bound: Number(distance), entry })) ||
    (amount !== undefined && atLeast(gain * size, { bound: Number(amount), entry: entry * size }))
  );
}

export const isTakeProfit: Rule = (measured, { takeProfitPercent: percent, takeProfitDistance: distance, takeProfitAmount: amount }) =>
  reaches(profitOf(measured, measured.price), { measured, bounds: { percent, distance, amount } });

export const isStopLoss: Rule = (measured, { stopLossPercent: percent, stopLossDistance: distance, stopLossAmount: amount }) =>
  reaches(-profitOf(measured, measured.price), { measured, bounds: { percent, distance, amount } });

/** The price has come back to a stop that moved. */
const isBehind = ({ side, entry, price }: Measured & { readonly price: number }, stop: number | null): boolean =>
  stop !== null && atLeast(side * (stop - price), { bound: 0, entry });

export const isTrailed: Rule = (measured) => isBehind(measured, measured.trail);
export const isBrokenEven: Rule = (measured) => isBehind(measured, measured.breakEven);

/** Held for too long; unless told otherwise only where closing now would not pay for its fees. */
export function isOverdue(measured: Measured, { timeStop }: ExitParameters): boolean {
  if (!timeStop || measured.heldMs < timeStop.maxHoldMs) return false;
  if (timeStop.evenInProfit) return true;
  return measured.price !== null && profitOf(measured, measured.price) <= measured.entry * measured.feeShare;
}

/** The first rule in order of urgency that fires; at most one. */
export function dueExit(measured: Measured, parameters: ExitParameters): ExitReason | null {
  const { price } = measured;
  if (price !== null) {
    const { side, entry, size, heldMs, trail, breakEven, feeShare } = measured;
    const priced = { side, entry, size, price, heldMs, trail, breakEven, feeShare };
    if (isStopLoss(priced, parameters)) return 'stop-loss';
    if (isTrailed(priced, parameters)) return 'trailing-stop';
    if (isBrokenEven(priced, parameters)) return 'break-even';
    if (isTakeProfit(priced, parameters)) return 'take-profit';
  }
  return isOverdue(measured, parameters) ? 'time-stop' : null;
}
