/**
 * One reading against its two thresholds, with hysteresis and time: it rises when it has been beyond a threshold for long enough, and
 * falls when it has been well inside for long enough. A reading that is not known changes nothing: not knowing is neither danger nor
 * recovery. Pure; state is plain data.
 */
import type { Threshold } from '../../shared/risk.ts';

export type Alarm = 'quiet' | 'warn' | 'act';
/** `beyond`: since when the reading has been at least this bad; `insideSince`: since when it has been well inside. Milliseconds, monotonic. */
export type Watched = {
  readonly alarm: Alarm;
  readonly warnSince: number | null;
  readonly actSince: number | null;
  readonly insideSince: number | null;
};
export const CALM: Watched = { alarm: 'quiet', warnSince: null, actSince: null, insideSince: null };

export type Read = { readonly reading: number | null; readonly threshold: Threshold; readonly now: number };

export function judge(watched: Watched, { reading, threshold, now }: Read): Watched {
  if (reading === null) return watched;
  const { warn, act, holdMs, coolDownMs } = threshold;
  if (watched.alarm === 'quiet' && !isBeyond(reading, warn, threshold)) return watched.warnSince === null ? watched : CALM; // nearly always
  const since = (before: number | null, limit: number): number | null => (isBeyond(reading, limit, threshold) ? (before ?? now) : null);
  const [warnSince, actSince] = [since(watched.warnSince, warn), since(watched.actSince, act)];
  const insideSince = isInside(reading, clearOf(watched.alarm, threshold), threshold) ? (watched.insideSince ?? now) : null;
  const held = (from: number | null): boolean => from !== null && now - from >= holdMs;
  const next = { warnSince, actSince, insideSince };
  if (held(actSince)) return { ...next, alarm: 'act' };
  if (watched.alarm === 'quiet') return { ...next, alarm: held(warnSince) ? 'warn' : 'quiet' };
  const recovered = insideSince !== null && now - insideSince >= coolDownMs;
  if (!recovered) return { ...next, alarm: watched.alarm };
  return { ...next, insideSince: null, alarm: watched.alarm === 'act' && warnSince !== null ? 'warn' : 'quiet' };
}

const isBeyond = (reading: number, limit: number, { bad }: Threshold): boolean => (bad === 'above' ? reading >= limit : reading <= limit);
const isInside = (reading: number, clear: number, { bad }: Threshold): boolean => (bad === 'above' ? reading < clear : reading > clear);

/** From `act` it falls below the act threshold by the hysteresis, from `warn` below the warn threshold by it. */
function clearOf(alarm: Alarm, { warn, act, bad, hysteresisPercent }: Threshold): number {
  const from = alarm === 'act' ? act : warn;
  return bad === 'above' ? from * (1 - hysteresisPercent / 100) : from * (1 + hysteresisPercent / 100);
}
