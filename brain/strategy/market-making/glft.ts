/**
 * Guéant, Lehalle, Fernandez-Tapia, "Dealing with the inventory risk: a solution to the market making problem", Mathematics and Financial
 * Economics 7 (2013), 477-507: the optimal quotes far from the end, in closed form (section 4); the same as (4.6) and (4.7) of Guéant,
 * "Optimal market making", Applied Mathematical Finance 24 (2017), 112-154, with xi = gamma and orders of size 1:
 *
 *     bid = mid - 1/gamma ln(1 + gamma/k) - (2q + 1)/2 sigma c        ask = mid + 1/gamma ln(1 + gamma/k) - (2q - 1)/2 sigma c
 *     c = sqrt(gamma / (2 k A) (1 + gamma/k)^(1 + k/gamma))
 *
 * so half the spread is 1/gamma ln(1 + gamma/k) + sigma c / 2, and each order held moves both quotes by sigma c. Units as for
 * Avellaneda-Stoikov: basis points of mid, seconds, orders of the base size; A is per second.
 */
export type GlftInput = { readonly gamma: number; readonly sigma: number; readonly a: number; readonly k: number };

/** Basis points by which both quotes move for each order held. */
export const glftShiftPerOrder = ({ gamma, sigma, a, k }: GlftInput): number =>
  sigma * Math.sqrt((gamma / (2 * k * a)) * Math.exp((1 + k / gamma) * Math.log1p(gamma / k)));

/** Distance between the own bid and ask, basis points. */
export const glftSpread = (input: GlftInput): number => (2 / input.gamma) * Math.log1p(input.gamma / input.k) + glftShiftPerOrder(input);
