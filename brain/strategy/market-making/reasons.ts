/** Every reason that the market-making family gives: closed, so that a person, a metric and a test know them all. */
export const REASONS = [
  'quoting',
  /** One side is missing: the inventory is full there, or what still fits is too small to send. */
  'inventory-full',
  'size-below-minimum',
  'outside-session',
  'funding-window',
  'funding-unknown',
  'commission-unknown',
  'mark-unknown',
  'equity-unknown',
  /** Public trades were missed that the guards against bursts and toxic flow are made of. */
  'trades-unknown',
  /** A signal that the chosen models need is not known yet. */
  'warming-up',
  'pulled-price-jump',
  'pulled-volume-burst',
  'pulled-toxic-flow',
  'pulled-markout',
] as const;

export type Reason = (typeof REASONS)[number];
export type PullReason = Extract<Reason, `pulled-${string}`>;
