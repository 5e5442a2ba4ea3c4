/** Whether volatility is unusual, with hysteresis so that it does not flap at a threshold. */
export type Regime = 'low' | 'normal' | 'high';
export type RegimeOptions = { readonly lowRatio: number; readonly highRatio: number; readonly hysteresis: number };

/** `ratio`: sigma now over the usual one. */
export function regimeAfter(
  before: Regime,
  { ratio, options: { lowRatio, highRatio, hysteresis } }: { readonly ratio: number; readonly options: RegimeOptions },
): Regime {
  if (ratio >= (before === 'high' ? highRatio * (1 - hysteresis) : highRatio)) return 'high';
  return ratio <= (before === 'low' ? lowRatio * (1 + hysteresis) : lowRatio) ? 'low' : 'normal';
}
