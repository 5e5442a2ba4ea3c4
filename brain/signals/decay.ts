/** Exponential forgetting at irregular times. */
export type Decay = { readonly elapsedMs: number; readonly halfLifeMs: number };

/** What is left of a weight: a half after each half-life. Time that goes backwards counts as none. */
export const decayOf = ({ elapsedMs, halfLifeMs }: Decay): number => (elapsedMs > 0 ? 2 ** (-elapsedMs / halfLifeMs) : 1);
