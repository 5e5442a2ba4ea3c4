/** What the risk watch tells people: breakers that are not closed with their evidence, alarms, readings of the account. Pure. */
import type { Risk } from '../shared/risk.ts';
import type { BrainDoc } from '../shared/brain-doc.ts';
import type { BreakerState } from './risk/breaker.ts';
import { ACCOUNT, type Reading, type RiskState } from './risk/watch.ts';

export type RiskTold = {
  readonly risk: RiskState;
  readonly readings: readonly Reading[];
  readonly parameters: Risk;
  /** Coded reasons why it does not trade at all. */
  readonly problems: readonly string[];
};
type RiskDoc = BrainDoc['risk'];

/** The document is written with each turn. */
const ROWS_MAX = 20;

export function riskDoc({ risk, readings, parameters, problems }: RiskTold): RiskDoc {
  const open = Object.entries(risk.breakers).filter(([, { at }]) => at !== 'closed');
  const restrained = open.map(([where, state]) => `breaker-${state.at === 'open' ? state.tier : 'probing'}:${where}`);
  return {
    state: problems.length > 0 ? 'blocked' : open.length > 0 ? 'restrained' : 'normal',
    reasons: [...problems, ...restrained.slice(0, ROWS_MAX)],
    breakers: open.slice(0, ROWS_MAX).flatMap(([where, state]) => breakerDoc(where, state)),
    alarms: readings.flatMap((reading) => alarmDoc(reading, { risk, parameters })).slice(0, ROWS_MAX),
    readings: Object.fromEntries(readings.filter(({ where }) => where === ACCOUNT).map(({ monitor, value }) => [monitor, value])),
  };
}

function breakerDoc(where: string, state: BreakerState): NonNullable<RiskDoc['breakers']> {
  if (state.at === 'closed') return [];
  const { at, sinceMs, relapses } = state;
  if (at === 'half-open') return [{ where, at, tier: null, sinceMs, relapses, findings: [] }];
  const findings = state.findings.slice(0, ROWS_MAX).map(({ monitor, reading, threshold }) => ({ monitor, reading, threshold }));
  return [{ where, at, tier: state.tier, sinceMs, relapses, findings }];
}

function alarmDoc({ monitor, where, value }: Reading, { risk, parameters }: Pick<RiskTold, 'risk' | 'parameters'>) {
  const alarm = risk.watched[`${monitor} ${where}`]?.alarm ?? 'quiet';
  const { on, warn, act } = parameters.monitors[monitor];
  return alarm === 'quiet' ? [] : [{ monitor, where, alarm, on, reading: value, warn, act }];
}
