/** What the funding time does: a tilt towards the side that is paid, and a window around it. */
import type { MarketMakingParameters } from '../../../shared/config.ts';
import type { Funding } from '../strategy.ts';

/** `lastMs`: the funding time last passed, `nextMs` the one ahead; null while not known. */
export type FundingTimes = { readonly lastMs: number | null; readonly nextMs: number | null };
type Moment = { readonly parameters: MarketMakingParameters; readonly atMs: number };

export const NO_FUNDING_TIMES: FundingTimes = { lastMs: null, nextMs: null };
const BPS = 10_000;

/** The venue only tells the time ahead: what it told before is kept once it has passed. */
export function fundingTimes(
  before: FundingTimes,
  { funding, atMs }: { readonly funding: Funding | null; readonly atMs: number },
): FundingTimes {
  const nextMs = funding?.nextMs ?? before.nextMs;
  const lastMs = before.nextMs !== null && before.nextMs <= atMs ? before.nextMs : before.lastMs;
  return nextMs === before.nextMs && lastMs === before.lastMs ? before : { lastMs, nextMs };
}

export const needsFunding = ({ funding }: MarketMakingParameters): boolean => funding.tiltWeight > 0 || funding.window !== 'none';

/** Basis points that both quotes move: down when longs are about to pay, up when shorts are; nothing far from the time. */
export function tiltBps(told: Funding | null, { parameters: { funding }, atMs }: Moment): number {
  if (told === null || funding.tiltWeight === 0) return 0;
  const near = 1 - (told.nextMs - atMs) / funding.tiltMs;
  return -told.rate * BPS * funding.tiltWeight * Math.max(0, Math.min(1, near));
}

/** True within the window around the time ahead or the one just passed; its first moment is in it, its end is not. */
export function inFundingWindow({ lastMs, nextMs }: FundingTimes, { parameters: { funding }, atMs }: Moment): boolean {
  if (funding.window === 'none') return false;
  const within = (moment: number | null): boolean =>
    moment !== null && atMs >= moment - funding.beforeMs && atMs < moment + funding.afterMs;
  return within(lastMs) || within(nextMs);
}
