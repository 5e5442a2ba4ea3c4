/** What is left of the runs' wishes where a breaker of the account, of the symbol or of the run stands open or probes. Pure. */
import type { Risk } from '../shared/risk.ts';
import type { Decision } from './decide.ts';
import type { Finding } from './risk/breaker.ts';
import { FREE, restrain } from './risk/restrain.ts';
import { breakersOf, restraintFor, type RiskState } from './risk/watch.ts';
import type { Signals } from './strategy/strategy.ts';

type Restraining = { readonly risk: RiskState; readonly parameters: Risk };

export function restrained(
  decisions: ReadonlyMap<string, readonly Decision[]>,
  restraining: Restraining,
): ReadonlyMap<string, readonly Decision[]> {
  if (Object.values(restraining.risk.breakers).every(({ at }) => at === 'closed')) return decisions;
  return new Map([...decisions].map(([symbol, some]) => [symbol, some.map((one) => restrainedOne(symbol, one, restraining))]));
}

function restrainedOne(symbol: string, decision: Decision, { risk, parameters }: Restraining): Decision {
  const { run, view, wish } = decision;
  if (view === null || wish === null) return decision;
  const place = { symbol, run: run.id };
  const restraint = restraintFor(risk, { ...place, parameters });
  if (restraint === FREE) return decision;
  const left = restrain(wish, { restraint, view, widenFactor: parameters.breaker.widenFactor });
  return { ...decision, wish: { ...left, detail: { ...wish.detail, wished: wish.reason, ...evidenceOf(risk, place) } } };
}

/** The finding that asks for most, of the breakers that restrain here. */
function evidenceOf(risk: RiskState, place: { readonly symbol: string; readonly run: string }): Signals {
  const findings = breakersOf(risk, place).flatMap((state): readonly Finding[] => (state.at === 'open' ? state.findings : []));
  const worst = findings[0];
  return worst ? { monitor: worst.monitor, where: worst.where, reading: worst.reading, allowed: worst.threshold } : {};
}
