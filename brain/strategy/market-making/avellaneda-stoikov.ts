/**
 * Avellaneda, Stoikov, "High-frequency trading in a limit order book", Quantitative Finance 8 (2008), 217-224. Mid is a Brownian motion
 * without drift, takers reach a distance delta at the rate A exp(-k delta), and the utility of wealth at T is exponential with risk
 * aversion gamma.
 *
 * Units here: prices and distances in basis points of mid, time in seconds, inventory in orders of the base size; so sigma is in basis
 * points per square root of a second, k and gamma per basis point. The formulas hold in any unit of price: in quote currency sigma is
 * larger by mid / 10,000, k and gamma smaller by as much, and the quotes are the same.
 */

/** `horizonS` is T - t. The paper ends at T; a perpetual does not, so the horizon moves along with the time. */
export type StoikovInput = { readonly gamma: number; readonly sigma: number; readonly horizonS: number };

/** How far the reservation price lies below mid: q gamma sigma^2 (T - t), of formula (29); negative when short. */
export const reservationShift = ({ gamma, sigma, horizonS, orders }: StoikovInput & { readonly orders: number }): number =>
  orders * gamma * sigma * sigma * horizonS;

/** Distance between the own bid and ask: gamma sigma^2 (T - t) + (2 / gamma) ln(1 + gamma / k), formula (30). */
export const stoikovSpread = ({ gamma, sigma, horizonS, k }: StoikovInput & { readonly k: number }): number =>
  gamma * sigma * sigma * horizonS + (2 / gamma) * Math.log1p(gamma / k);
