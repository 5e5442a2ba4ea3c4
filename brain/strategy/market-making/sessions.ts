/** Hours of quoting, UTC. A window whose end is not later than its begin runs into the next day. */
import type { MarketMakingParameters } from '../../../shared/config.ts';

type Sessions = MarketMakingParameters['sessions'];
/** Minutes since Monday 00:00 UTC; `to` may lie in the next week. */
export type OpenHours = { readonly from: number; readonly to: number };

const DAY = 24 * 60;
const WEEK = 7 * DAY;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** 1970-01-01 was a Thursday. */
const EPOCH = 3 * DAY;

export const openHours = ({ windows }: Sessions): readonly OpenHours[] =>
  windows.flatMap(({ days, from, to }) =>
    days.map((day) => {
      const begin = DAYS.indexOf(day) * DAY + minutes(from);
      const length = minutes(to) - minutes(from);
      return { from: begin, to: begin + (length > 0 ? length : length + DAY) };
    }),
  );

/** True when there are no hours at all: then it is always open. The first moment of a window is in it, its end is not. */
export function isOpen(hours: readonly OpenHours[], atMs: number): boolean {
  if (hours.length === 0) return true;
  const now = (atMs / 60_000 + EPOCH) % WEEK;
  return hours.some(({ from, to }) => (now >= from && now < to) || now + WEEK < to);
}

function minutes(time: string): number {
  const [hour, minute] = time.split(':').map(Number);
  return (hour ?? 0) * 60 + (minute ?? 0);
}
