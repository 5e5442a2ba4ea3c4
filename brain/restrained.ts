/** What is left of the runs' wishes where a breaker of the account, of the symbol or of the run stands open or probes. Pure. */
import type { Risk } from '../shared/risk.ts';
import type { Decision } from './decide.ts';
import type { Finding } from './risk/breaker.ts';
import { FREE, restrain } from './risk/restrain.ts';
import { type Leg, restrainLeg } from './risk/restrain-basket.ts';
import { breakersOf, restraintFor, type RiskState, severityAt, stricter } from './risk/watch.ts';
import type { Run } from './runs.ts';
import type { Signals } from './strategy/strategy.ts';

type Restraining = { readonly risk: RiskState; readonly parameters: Risk };

export function restrained(
  decisions: ReadonlyMap<string, readonly Decision[]>,
  restraining: Restraining,
): ReadonlyMap<string, readonly Decision[]> {
  if (Object.values(restraining.risk.breakers).every(({ at }) => at === 'closed')) return decisions;
  return new Map(
    [...decisions].map(([symbol, some]) => [symbol, some.map((one) => restrainedOne(one, { ...restraining, symbol, decisions }))]),
  );
}

type Here = Restraining & { readonly symbol: string; readonly decisions: ReadonlyMap<string, readonly Decision[]> };

function restrainedOne(decision: Decision, { risk, parameters, symbol, decisions }: Here): Decision {
  const { run, view, wish } = decision;
  if (view === null || wish === null) return decision;
  const symbols = run.strategy.isBasket ? run.symbols : [symbol];
  const places = symbols.map((one): Place => ({ symbol: one, run: run.id }));
  const restraint = places.map((place) => restraintFor(risk, { ...place, parameters })).reduce(stricter, FREE);
  if (restraint === FREE) return decision;
  const { widenFactor } = parameters.breaker;
  const left = run.strategy.isBasket
    ? restrainLeg({ view, wish }, { restraint, legs: legsOf(run, decisions), widenFactor })
    : restrain(wish, { restraint, view, widenFactor });
  return { ...decision, wish: { ...left, detail: { ...wish.detail, wished: wish.reason, ...evidenceOf(risk, places) } } };
}

const legsOf = (run: Run, decisions: Here['decisions']): readonly Leg[] =>
  run.symbols.map((symbol) => decisions.get(symbol)?.find((one) => one.run.id === run.id) ?? NOT_SEEN);
const NOT_SEEN: Leg = { view: null, wish: null };

type Place = { readonly symbol: string; readonly run: string };

/** The finding that asks for most, of the breakers that restrain here. */
function evidenceOf(risk: RiskState, places: readonly Place[]): Signals {
  const breakers = places.flatMap((place) => breakersOf(risk, place)).sort((a, b) => severityAt(b) - severityAt(a));
  const findings = breakers.flatMap((state): readonly Finding[] => (state.at === 'open' ? state.findings : []));
  const worst = findings[0];
  return worst ? { monitor: worst.monitor, where: worst.where, reading: worst.reading, allowed: worst.threshold } : {};
}
