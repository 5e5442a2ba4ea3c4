/** A clock for tests of what is counted by the minute: it starts ten seconds into one, whatever the machine's clock says. */
import type { ClockSpec } from '../../shared/clock.ts';

const MINUTE_MS = 60_000;
const INTO_IT_MS = 10_000;

/** For the venue and its simulator alike; moved by less than a minute. */
export function midMinute(): ClockSpec {
  const originRealMs = Date.now();
  return { originMs: originRealMs - (originRealMs % MINUTE_MS) + INTO_IT_MS, originRealMs, speed: 1 };
}
