/**
 * One turn of the risk watch: readings of the account, of each symbol and of each run against their thresholds, and a breaker for each of
 * these places. What one symbol does restrains that symbol, what a run loses restrains that run, and what concerns the account restrains
 * all. Pure; state is plain data, and the part that must survive a restart is told apart.
 */
import { MONITORS, type MonitorName, type Risk, type Tier } from '../../shared/risk.ts';
import {
  accountReadings,
  type AccountPulse,
  type AccountSeen,
  type Deeds,
  feelAccount,
  NO_ACCOUNT_PULSE,
  runLosses,
} from './account-pulse.ts';
import { type BreakerEvent, type BreakerState, CLOSED, type Finding, stepBreaker } from './breaker.ts';
import { feel, type MarketPulse, type MarketSeen, NO_PULSE, symbolReadings } from './market-pulse.ts';
import { FREE, type Restraint, restraintOf } from './restrain.ts';
import { type Alarm, CALM, judge, type Watched } from './threshold.ts';

export const ACCOUNT = 'account';

export type RiskState = {
  readonly account: AccountPulse;
  readonly symbols: Readonly<Record<string, MarketPulse>>;
  /** By `monitor place`. */
  readonly watched: Readonly<Record<string, Watched>>;
  /** By place; absent is closed. */
  readonly breakers: Readonly<Record<string, BreakerState>>;
};
/** What a restart must not forget. */
export type RiskMemory = Pick<AccountPulse, 'day' | 'peak'> & {
  readonly breakers: RiskState['breakers'];
  readonly sides: Readonly<Record<string, Pick<MarketPulse, 'side' | 'sideSinceMs'>>>;
};
export type RiskInput = {
  readonly nowMs: number;
  readonly account: AccountSeen;
  readonly deeds: Deeds;
  readonly symbols: Readonly<Record<string, MarketSeen>>;
  /** The emergency stop holds at the gateway. */
  readonly stopped: boolean;
  readonly parameters: Risk;
};
export type Reading = {
  readonly monitor: MonitorName;
  readonly where: string;
  readonly value: number | null;
};
/** An alarm that rose or fell, or a breaker that moved; `findings` are its evidence. */
export type RiskEvent =
  | {
      readonly kind: 'alarm';
      readonly monitor: MonitorName;
      readonly where: string;
      readonly alarm: Alarm;
      readonly reading: number | null;
    }
  | { readonly kind: 'breaker'; readonly where: string; readonly event: BreakerEvent };
export type RiskTurn = { readonly state: RiskState; readonly readings: readonly Reading[]; readonly events: readonly RiskEvent[] };

export const NO_RISK: RiskState = { account: NO_ACCOUNT_PULSE, symbols: {}, watched: {}, breakers: {} };

export const memoryOf = ({ account: { day, peak }, symbols, breakers }: RiskState): RiskMemory => ({
  ...{ day, peak, breakers },
  sides: Object.fromEntries(Object.entries(symbols).map(([symbol, { side, sideSinceMs }]) => [symbol, { side, sideSinceMs }])),
});

export const fromMemory = ({ day, peak, breakers, sides }: RiskMemory): RiskState => ({
  ...NO_RISK,
  account: { ...NO_ACCOUNT_PULSE, day, peak },
  symbols: Object.fromEntries(Object.entries(sides).map(([symbol, side]) => [symbol, { ...NO_PULSE, ...side }])),
  breakers,
});

export function watchRisk(before: RiskState, input: RiskInput): RiskTurn {
  const account = feelAccount(before.account, { seen: input.account, deeds: input.deeds });
  const symbols = Object.fromEntries(
    Object.entries(input.symbols).map(([symbol, seen]) => [symbol, feel(before.symbols[symbol] ?? NO_PULSE, seen)]),
  );
  const readings = readAll({ account, symbols, input });
  const { watched, alarms } = judgeAll(before.watched, { readings, input });
  const findings = findingsOf(readings, { watched, parameters: input.parameters });
  const { breakers, moves } = stepAll(before.breakers, { findings, input });
  return { state: { account, symbols, watched, breakers }, readings, events: [...alarms, ...moves] };
}

/** What a run may still do on a symbol: the strictest of account, symbol and run. */
export function restraintFor(
  { breakers }: Pick<RiskState, 'breakers'>,
  at: { readonly symbol: string; readonly run: string; readonly parameters: Risk },
): Restraint {
  const states = [ACCOUNT, at.symbol, runPlace(at.run)].flatMap((place) => breakers[place] ?? []);
  return states.map((state) => restraintOf(state, at.parameters)).reduce(stricter, FREE);
}

/** The strictest breaker of all, for people; null while all are closed. */
export const worstOf = ({ breakers }: Pick<RiskState, 'breakers'>): { readonly where: string; readonly state: BreakerState } | null =>
  Object.entries(breakers)
    .map(([where, state]) => ({ where, state }))
    .sort((a, b) => severityOf(b.state) - severityOf(a.state))[0] ?? null;

/** Some breaker stands at emergency: the gateway is asked to stop, again and again until it holds. */
export const wantsStop = ({ breakers }: Pick<RiskState, 'breakers'>): string | null =>
  Object.entries(breakers).find(([, state]) => state.at === 'open' && state.tier === 'emergency')?.[0] ?? null;

/** A run is no symbol, whatever its name. */
export const runPlace = (run: string): string => `run:${run}`;

function stricter(a: Restraint, b: Restraint): Restraint {
  if (a === FREE || b === FREE) return a === FREE ? b : a;
  return {
    widen: a.widen || b.widen,
    reduceOnly: a.reduceOnly || b.reduceOnly,
    nothing: a.nothing || b.nothing,
    sizeShare: Math.min(a.sizeShare, b.sizeShare),
  };
}

const TIER_SEVERITY: Readonly<Record<Tier, number>> = { widen: 2, 'one-sided': 3, pause: 4, emergency: 5 };
const severityOf = (state: BreakerState): number => (state.at === 'open' ? TIER_SEVERITY[state.tier] : state.at === 'half-open' ? 1 : 0);

type Sensing = { readonly account: AccountPulse; readonly symbols: RiskState['symbols']; readonly input: RiskInput };

function readAll({ account, symbols, input }: Sensing): readonly Reading[] {
  const ofAccount = listed(accountReadings(account, input.account), ACCOUNT);
  const ofRuns = Object.entries(runLosses(account, input.account)).map(
    ([run, value]): Reading => ({ monitor: 'runLossPercent', where: runPlace(run), value }),
  );
  const ofSymbols = Object.entries(input.symbols).flatMap(([symbol, seen]) =>
    listed(symbolReadings(symbols[symbol] ?? NO_PULSE, seen), symbol),
  );
  return [...ofAccount, ...ofRuns, ...ofSymbols];
}

/** In the order of the monitors, so that the same state reads the same. */
function listed(values: Partial<Readonly<Record<MonitorName, number | null>>>, where: string): readonly Reading[] {
  return NAMES.flatMap((monitor): Reading[] => {
    const value = values[monitor];
    return value === undefined ? [] : [{ monitor, where, value }];
  });
}
const NAMES = Object.keys(MONITORS) as readonly MonitorName[];

type Judging = { readonly readings: readonly Reading[]; readonly input: RiskInput };

function judgeAll(before: RiskState['watched'], { readings, input }: Judging) {
  const watched: Record<string, Watched> = {};
  const alarms: RiskEvent[] = [];
  for (const { monitor, where, value } of readings) {
    const key = `${monitor} ${where}`;
    const threshold = { ...input.parameters.monitors[monitor], bad: MONITORS[monitor].bad };
    const was = before[key] ?? CALM;
    const next = judge(was, { reading: value, threshold, now: input.nowMs });
    watched[key] = next;
    if (next.alarm !== was.alarm) alarms.push({ kind: 'alarm', monitor, where, alarm: next.alarm, reading: value });
  }
  return { watched, alarms };
}

type Weighing = { readonly watched: RiskState['watched']; readonly parameters: Risk };

function findingsOf(readings: readonly Reading[], { watched, parameters }: Weighing): readonly Finding[] {
  return readings.flatMap(({ monitor, where, value }): Finding[] => {
    const { on, tier, act } = parameters.monitors[monitor];
    if (!on || watched[`${monitor} ${where}`]?.alarm !== 'act') return [];
    return [{ monitor, where, reading: value ?? act, threshold: act, tier }];
  });
}

type Stepping = { readonly findings: readonly Finding[]; readonly input: RiskInput };

function stepAll(before: RiskState['breakers'], { findings, input }: Stepping) {
  const breakers: Record<string, BreakerState> = {};
  const moves: RiskEvent[] = [];
  const { nowMs, stopped, parameters } = input;
  for (const where of new Set([...Object.keys(before), ...findings.map((finding) => finding.where)])) {
    const own = findings.filter((finding) => finding.where === where);
    const { state, event } = stepBreaker(before[where] ?? CLOSED, { findings: own, nowMs, stopped, parameters });
    breakers[where] = state;
    if (event) moves.push({ kind: 'breaker', where, event });
  }
  return { breakers, moves };
}
