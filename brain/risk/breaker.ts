/**
 * The circuit breaker: what the monitors found decides how far the brain is restrained. It opens at once, to the strictest tier that any
 * finding asks for, closes late and by a probe with small orders, and each relapse keeps it open twice as long. An emergency ends only
 * when a person has resumed. Pure; state is plain data and survives restarts.
 */
import { type BreakerParameters, TIERS, type Tier } from '../../shared/risk.ts';

/** What was found, with the figures that show it. `where`: a symbol, a strategy's run, or 'account'. */
export type Finding = {
  readonly monitor: string;
  readonly where: string;
  readonly reading: number;
  readonly threshold: number;
  readonly tier: Tier;
};
/** Wall milliseconds: they must mean the same after a restart. */
export type BreakerState =
  | { readonly at: 'closed'; readonly relapses: number; readonly sinceMs: number }
  | {
      readonly at: 'open';
      readonly tier: Tier;
      readonly relapses: number;
      /** When it last got stricter or was confirmed at this tier. */
      readonly sinceMs: number;
      readonly findings: readonly Finding[];
    }
  | { readonly at: 'half-open'; readonly relapses: number; readonly sinceMs: number };
export type BreakerEvent = {
  readonly kind: 'opened' | 'stricter' | 'eased' | 'probing' | 'closed';
  readonly tier: Tier | null;
  readonly findings: readonly Finding[];
};
export type BreakerTurn = { readonly state: BreakerState; readonly event: BreakerEvent | null };

export const CLOSED: BreakerState = { at: 'closed', relapses: 0, sinceMs: 0 };

/** So long without a relapse, and the next opening counts as the first again. */
const FORGET_MS = 3_600_000;

type Input = {
  /** All that acts now. */
  readonly findings: readonly Finding[];
  readonly nowMs: number;
  /** A person has lifted the emergency stop since the turn before. */
  readonly resumed: boolean;
  readonly parameters: Pick<BreakerParameters, 'openMs' | 'openMsMax' | 'probeMs'>;
};

export function stepBreaker(state: BreakerState, input: Input): BreakerTurn {
  switch (state.at) {
    case 'closed':
      return input.findings.length > 0 ? open(input, relapsesOf(state, input.nowMs)) : { state, event: null };
    case 'half-open':
      return stepHalfOpen(state, input);
    case 'open':
      return stepOpen(state, input);
    default:
      throw new Error(`Cannot step breaker: ${JSON.stringify(state satisfies never)}`);
  }
}

export const rankOf = (tier: Tier): number => TIERS.indexOf(tier);

/** The strictest tier that any finding asks for; null without one. */
export const strictest = (findings: readonly Finding[]): Tier | null =>
  TIERS.findLast((tier) => findings.some((finding) => finding.tier === tier)) ?? null;

const relapsesOf = ({ relapses, sinceMs }: BreakerState, nowMs: number): number => (nowMs - sinceMs >= FORGET_MS ? 0 : relapses);

function open({ findings, nowMs }: Input, relapses: number): BreakerTurn {
  const tier = strictest(findings) ?? 'pause';
  return { state: { at: 'open', tier, relapses, sinceMs: nowMs, findings }, event: { kind: 'opened', tier, findings } };
}

type Open = Extract<BreakerState, { at: 'open' }>;

function stepOpen(state: Open, input: Input): BreakerTurn {
  const { findings, nowMs, resumed } = input;
  const wanted = strictest(findings);
  if (wanted !== null && rankOf(wanted) > rankOf(state.tier))
    return { state: { ...state, tier: wanted, sinceMs: nowMs, findings }, event: { kind: 'stricter', tier: wanted, findings } };
  if (wanted === state.tier) return { state: { ...state, sinceMs: nowMs, findings }, event: null };
  if (state.tier === 'emergency' ? !resumed : nowMs - state.sinceMs < openMsOf(state, input)) return { state, event: null };
  if (wanted !== null)
    return { state: { ...state, tier: wanted, sinceMs: nowMs, findings }, event: { kind: 'eased', tier: wanted, findings } };
  return { state: { at: 'half-open', relapses: state.relapses, sinceMs: nowMs }, event: { kind: 'probing', tier: null, findings: [] } };
}

function stepHalfOpen(state: Extract<BreakerState, { at: 'half-open' }>, input: Input): BreakerTurn {
  if (input.findings.length > 0) return open(input, state.relapses + 1);
  if (input.nowMs - state.sinceMs < input.parameters.probeMs) return { state, event: null };
  return {
    state: { at: 'closed', relapses: state.relapses, sinceMs: input.nowMs },
    event: { kind: 'closed', tier: null, findings: [] },
  };
}

const openMsOf = ({ relapses }: Open, { parameters }: Input): number =>
  Math.min(parameters.openMsMax, parameters.openMs * 2 ** Math.min(relapses, 30));
