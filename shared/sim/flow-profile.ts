/** The characters that a seeded market may have. */

export const FLOW_PROFILES = ['calm', 'normal', 'fast', 'storm', 'thin', 'regimes'] as const;
export type FlowProfile = (typeof FLOW_PROFILES)[number];

/** How the fair price moves. */
export type Motion = {
  /** Usual volatility, as a part of the price and year. */
  readonly yearly: number;
  readonly jumpEveryMs: number;
  readonly jumpSigma: number;
  /** Strength of trends whose direction alternates, as a part of the price; 0 for none. */
  readonly driftPerMinute: number;
};

/** How the public trades. */
export type Temper = {
  /** Mean milliseconds between acts in quiet. */
  readonly actMs: number;
  /** Noise market orders and stop runs a second, in quiet. */
  readonly noise: number;
  readonly runs: number;
  /** Resting orders a side: what the flow steers to. */
  readonly target: number;
  /** Levels of the flow's own that a market order must leave. */
  readonly keepLevels: number;
  /** Typical resting order, quote units. */
  readonly limitQuote: number;
  /** Typical distance of a limit order, as a part of the price. */
  readonly reach: number;
  /** Spread in ticks that somebody improves at once, and how readily a narrower one is improved, for each tick and act. */
  readonly wideTicks: number;
  readonly tighten: number;
  /** Spread that is left by who improves it, ticks. */
  readonly gapTicks: number;
};

export type Profile = { readonly motion: Motion; readonly temper: Temper; readonly regimes: boolean };

const DEEP = { target: 320, keepLevels: 40, limitQuote: 3_000, reach: 0.4e-4, wideTicks: 3, tighten: 0.2, gapTicks: 1 };
const NORMAL = {
  motion: { yearly: 0.8, jumpEveryMs: 240_000, jumpSigma: 7e-4, driftPerMinute: 0 },
  temper: { ...DEEP, actMs: 50, noise: 0.45, runs: 0.25 },
};

/**
 * - calm, normal: a deep book, volatility about 20 % and 80 % a year.
 * - fast: 120 %, and trends of several tenths of a percent a minute whose direction alternates.
 * - storm: 300 %, a jump every half minute, and a book that has lost half of its size.
 * - thin: few and small orders far apart: wide spreads, and a market order takes several levels.
 * - regimes: calm, normal and storm by turns, as a Markov chain draws them (regimes.ts).
 */
export const PROFILES: Readonly<Record<FlowProfile, Profile>> = {
  calm: {
    motion: { yearly: 0.2, jumpEveryMs: 900_000, jumpSigma: 3e-4, driftPerMinute: 0 },
    temper: { ...DEEP, actMs: 70, noise: 0.35, runs: 0.12 },
    regimes: false,
  },
  normal: { ...NORMAL, regimes: false },
  fast: {
    motion: { yearly: 1.2, jumpEveryMs: 120_000, jumpSigma: 10e-4, driftPerMinute: 0.0055 },
    temper: { ...DEEP, actMs: 45, noise: 0.5, runs: 0.2 },
    regimes: false,
  },
  storm: {
    motion: { yearly: 3, jumpEveryMs: 30_000, jumpSigma: 15e-4, driftPerMinute: 0 },
    temper: { ...DEEP, actMs: 28, noise: 1, runs: 0.5, limitQuote: 1_500 },
    regimes: false,
  },
  thin: {
    motion: { yearly: 1, jumpEveryMs: 240_000, jumpSigma: 7e-4, driftPerMinute: 0 },
    temper: {
      actMs: 150,
      noise: 0.35,
      runs: 0.08,
      target: 60,
      keepLevels: 12,
      limitQuote: 800,
      reach: 2e-4,
      wideTicks: 24,
      tighten: 0.01,
      gapTicks: 8,
    },
    regimes: false,
  },
  regimes: { ...NORMAL, regimes: true },
};
