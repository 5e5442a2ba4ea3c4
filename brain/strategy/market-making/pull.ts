/** What takes all quotes back at once, and for how long. */
import type { MarketMakingParameters } from '../../../shared/config.ts';
import { meanMarkout } from '../../signals/markouts.ts';
import { jumpOf } from '../../signals/price-range.ts';
import { flowRate } from '../../signals/trade-flow.ts';
import { vpinOf } from '../../signals/vpin.ts';
import type { PullReason } from './reasons.ts';
import type { Senses } from './senses.ts';

/** No quotes before `untilMs`. */
export type Pulled = { readonly why: PullReason; readonly untilMs: number };
export type Shock = {
  readonly parameters: MarketMakingParameters;
  readonly senses: Senses;
  /** Basis points per square root of a second; null while not known. */
  readonly sigma: number | null;
  readonly mid: number;
  readonly atMs: number;
  /** Worth of one lot, quote units. */
  readonly lotWorth: number;
};

const BPS = 10_000;

/** The cool-down counts from the last look that found a shock, which is told as `fresh`; the longest one stands. */
export function pullAfter(before: Pulled | null, shock: Shock): { readonly pulled: Pulled | null; readonly fresh: PullReason | null } {
  const { atMs } = shock;
  const found = shockOf(shock);
  const standing = before !== null && atMs < before.untilMs ? before : null;
  if (found === null) return { pulled: standing, fresh: null };
  const untilMs = atMs + found.coolDownMs;
  return { pulled: standing !== null && standing.untilMs > untilMs ? standing : { why: found.why, untilMs }, fresh: found.why };
}

function shockOf(shock: Shock): { readonly why: PullReason; readonly coolDownMs: number } | null {
  const { jump, burst, toxicFlow, markout } = shock.parameters.pull;
  if (hasJumped(shock)) return { why: 'pulled-price-jump', coolDownMs: jump.coolDownMs };
  if (hasBurst(shock)) return { why: 'pulled-volume-burst', coolDownMs: burst.coolDownMs };
  if (isToxic(shock)) return { why: 'pulled-toxic-flow', coolDownMs: toxicFlow.coolDownMs };
  return isRunOver(shock) ? { why: 'pulled-markout', coolDownMs: markout.coolDownMs } : null;
}

function hasJumped({ parameters, senses, sigma, mid, atMs }: Shock): boolean {
  const { bps, sigmas, withinMs } = parameters.pull.jump;
  if (senses.range === null) return false;
  const moved = (Math.abs(jumpOf(senses.range, { mid, atMs, withinMs })) / mid) * BPS;
  if (bps !== null && moved >= bps) return true;
  return sigmas !== null && sigma !== null && sigma > 0 && moved >= sigmas * sigma * Math.sqrt(withinMs / 1_000);
}

/** The usual volume must have been watched for its half-life first: before that anything is unusual. */
function hasBurst({ parameters, senses: { nowFlow, usualFlow }, lotWorth }: Shock): boolean {
  const { factor, withinMs, baselineMs, minNotional } = parameters.pull.burst;
  if (factor === null || nowFlow === null || usualFlow === null || usualFlow.atMs - usualFlow.sinceMs < baselineMs) return false;
  const [now, usual] = [flowRate(nowFlow, withinMs), flowRate(usualFlow, baselineMs)];
  if (now === null || usual === null) return false;
  return now > usual * factor && (nowFlow.buys + nowFlow.sells) * lotWorth >= minNotional;
}

function isToxic({ parameters: { pull }, senses }: Shock): boolean {
  const { vpin: limit, buckets } = pull.toxicFlow;
  if (limit === null || senses.vpin === null) return false;
  const now = vpinOf(senses.vpin, buckets);
  return now !== null && now >= limit;
}

function isRunOver({ parameters: { pull }, senses }: Shock): boolean {
  const { bps, fills } = pull.markout;
  const mean = meanMarkout(senses.markouts, fills);
  return bps !== null && mean !== null && mean < bps;
}
