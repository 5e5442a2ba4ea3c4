/**
 * One turn of the risk watch: readings of the account, of each symbol and of each run against their thresholds, and a breaker for each of
 * these places. What one symbol does restrains that symbol, what a run loses restrains that run, and what concerns the account restrains
 * all. Pure; state is plain data, and the part that must survive a restart is told apart.
 */
import { MONITORS, type MonitorName, type Risk, type Threshold, type Tier } from '../../shared/risk.ts';
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
import { feel, type MarketPulse, type MarketSeen, NO_PULSE, NOT_KNOWN, symbolReadings } from './market-pulse.ts';
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
  /** The emergency stop held at the gateway in the snapshot looked at last. */
  readonly stopped: boolean;
};
/** What a restart must not forget. */
export type RiskMemory = Pick<AccountPulse, 'day' | 'peak' | 'fillSeq' | 'parts'> & {
  /** What is watched and acts (`monitor place`): while it cannot be read it goes on. */
  readonly acting: readonly string[];
  readonly breakers: RiskState['breakers'];
  readonly stopped: boolean;
  readonly sides: Readonly<Record<string, Pick<MarketPulse, 'side' | 'sideSinceMs'>>>;
};
export type RiskInput = {
  readonly nowMs: number;
  readonly account: AccountSeen;
  readonly deeds: Deeds;
  /** Null: nothing of it is known now. */
  readonly symbols: Readonly<Record<string, MarketSeen | null>>;
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

export const NO_RISK: RiskState = { account: NO_ACCOUNT_PULSE, symbols: {}, watched: {}, breakers: {}, stopped: false };

export const memoryOf = ({ account: { day, peak, fillSeq, parts }, symbols, watched, breakers, stopped }: RiskState): RiskMemory => ({
  ...{ day, peak, fillSeq, parts, breakers, stopped },
  acting: Object.entries(watched).flatMap(([key, { alarm }]) => (alarm === 'act' ? [key] : [])),
  sides: Object.fromEntries(Object.entries(symbols).map(([symbol, { side, sideSinceMs }]) => [symbol, { side, sideSinceMs }])),
});

export const fromMemory = ({ day, peak, fillSeq, parts, acting, breakers, stopped, sides }: RiskMemory): RiskState => ({
  ...NO_RISK,
  account: { ...NO_ACCOUNT_PULSE, day, peak, fillSeq, parts },
  watched: Object.fromEntries(acting.map((key) => [key, { ...CALM, alarm: 'act' } as const])),
  symbols: Object.fromEntries(Object.entries(sides).map(([symbol, side]) => [symbol, { ...NO_PULSE, ...side }])),
  ...{ breakers, stopped },
});

export function watchRisk(last: RiskState, input: RiskInput): RiskTurn {
  const resumed = last.stopped && !input.stopped;
  const before = resumed ? accepted(last, input) : last;
  const account = feelAccount(before.account, { seen: input.account, deeds: input.deeds });
  const symbols = Object.fromEntries(
    Object.entries(input.symbols).map(([symbol, seen]) => {
      const pulse = before.symbols[symbol] ?? NO_PULSE;
      return [symbol, seen === null ? pulse : feel(pulse, seen)];
    }),
  );
  const readings = readAll({ account, symbols, input });
  const { watched, alarms } = judgeAll(before.watched, { readings, input });
  const findings = findingsOf(readings, { watched, parameters: input.parameters });
  const { breakers, moves } = stepAll(before.breakers, { findings, input, resumed });
  return { state: { account, symbols, watched, breakers, stopped: input.stopped }, readings, events: [...alarms, ...moves] };
}

/**
 * The state under other runs. What is watched for them alone is forgotten with them, and so is where the day of a run began whose profit
 * from now on is counted without a symbol, or from nothing.
 */
export function underRuns(
  before: RiskState,
  { ended, readsTrades }: { readonly ended: ReadonlySet<string>; readonly readsTrades: boolean },
): RiskState {
  const { account, watched } = before;
  const goesOn = (key: string): boolean => readsTrades || !key.startsWith(`${'tradeGapBps' satisfies MonitorName} `);
  const day = account.day && {
    ...account.day,
    runs: Object.fromEntries(Object.entries(account.day.runs).filter(([id]) => !ended.has(id))),
  };
  return { ...before, account: { ...account, day }, watched: Object.fromEntries(Object.entries(watched).filter(([key]) => goesOn(key))) };
}

/** Who resumes takes the loss as it is: the highest counts from here, and what had stopped it must be found anew to stop it again. */
function accepted(last: RiskState, { parameters }: RiskInput): RiskState {
  const stops = (key: string): boolean => parameters.monitors[key.split(' ')[0] as MonitorName]?.tier === 'emergency';
  const watched = Object.fromEntries(Object.entries(last.watched).filter(([key]) => !stops(key)));
  return { ...last, account: { ...last.account, peak: null }, watched };
}

/** What a run may still do on a symbol: the strictest of account, symbol and run. */
export function restraintFor(
  risk: Pick<RiskState, 'breakers'>,
  at: { readonly symbol: string; readonly run: string; readonly parameters: Risk },
): Restraint {
  return breakersOf(risk, at)
    .map((state) => restraintOf(state, at.parameters.breaker))
    .reduce(stricter, FREE);
}

/** Those that bear on a run on a symbol, the strictest first. */
export const breakersOf = ({ breakers }: Pick<RiskState, 'breakers'>, at: { readonly symbol: string; readonly run: string }) =>
  [ACCOUNT, at.symbol, runPlace(at.run)]
    .flatMap((place): readonly BreakerState[] => {
      const state = breakers[place];
      return state ? [state] : [];
    })
    .sort((a, b) => severityAt(b) - severityAt(a));

/** The strictest breaker of all, for people; null while all are closed. */
export const worstOf = ({ breakers }: Pick<RiskState, 'breakers'>): { readonly where: string; readonly state: BreakerState } | null =>
  Object.entries(breakers)
    .map(([where, state]) => ({ where, state }))
    .sort((a, b) => severityAt(b.state) - severityAt(a.state))[0] ?? null;

/** A breaker stands at emergency and no stop holds yet: the gateway is asked, again and again. In words that a person reads; null: no need. */
export function wantsStop({ breakers, stopped }: Pick<RiskState, 'breakers' | 'stopped'>): string | null {
  const found = Object.entries(breakers).find(([, state]) => state.at === 'open' && state.tier === 'emergency');
  if (!found || stopped) return null;
  const [where, state] = found;
  const why = state.at === 'open' ? state.findings.filter(({ tier }) => tier === 'emergency').map(findingText) : [];
  return [`breaker of ${where}`, ...why].join(': ').slice(0, STOP_TEXT_MAX);
}
const STOP_TEXT_MAX = 200;

/** The evidence in words: `drawdownPercent 5.2, allowed 5`. */
export const findingText = ({ monitor, reading, threshold }: Finding): string =>
  `${monitor} ${Number(reading.toPrecision(4))}, allowed ${threshold}`;

/** A run is no symbol, whatever its name. */
export const runPlace = (run: string): string => `run:${run}`;

export function stricter(a: Restraint, b: Restraint): Restraint {
  if (a === FREE || b === FREE) return a === FREE ? b : a;
  return {
    widen: a.widen || b.widen,
    reduceOnly: a.reduceOnly || b.reduceOnly,
    nothing: a.nothing || b.nothing,
    sizeShare: Math.min(a.sizeShare, b.sizeShare),
  };
}

const TIER_SEVERITY: Readonly<Record<Tier, number>> = { widen: 2, 'one-sided': 3, pause: 4, emergency: 5 };
export const severityAt = (state: BreakerState): number =>
  state.at === 'open' ? TIER_SEVERITY[state.tier] : state.at === 'half-open' ? 1 : 0;

type Sensing = { readonly account: AccountPulse; readonly symbols: RiskState['symbols']; readonly input: RiskInput };

function readAll({ account, symbols, input }: Sensing): readonly Reading[] {
  const ofAccount = listed(accountReadings(account, input.account), ACCOUNT);
  const ofRuns = Object.entries(runLosses(account, input.account)).map(
    ([run, value]): Reading => ({ monitor: 'runLossPercent', where: runPlace(run), value }),
  );
  const ofSymbols = Object.entries(input.symbols).flatMap(([symbol, seen]) =>
    listed(seen === null ? NOT_KNOWN : symbolReadings(symbols[symbol] ?? NO_PULSE, seen), symbol),
  );
  return [...ofAccount, ...ofRuns, ...ofSymbols];
}

function listed(values: Partial<Readonly<Record<MonitorName, number | null>>>, where: string): readonly Reading[] {
  return (Object.keys(values) as MonitorName[]).map((monitor) => ({ monitor, where, value: values[monitor] ?? null }));
}

/** Asked for at every look, of few places. */
const keys = new Map<string, Map<MonitorName, string>>();
const PLACES_MAX = 4_096;

function watchedKey(monitor: MonitorName, where: string): string {
  const known = keys.get(where)?.get(monitor);
  if (known !== undefined) return known;
  const key = `${monitor} ${where}`;
  if (keys.size < PLACES_MAX) keys.set(where, (keys.get(where) ?? new Map<MonitorName, string>()).set(monitor, key));
  return key;
}

type Judging = { readonly readings: readonly Reading[]; readonly input: RiskInput };

function judgeAll(before: RiskState['watched'], { readings, input }: Judging) {
  const changed: Record<string, Watched> = {};
  const alarms: RiskEvent[] = [];
  const thresholds = thresholdsOf(input.parameters);
  for (const { monitor, where, value } of readings) {
    const key = watchedKey(monitor, where);
    const was = before[key] ?? CALM;
    const threshold = thresholds.get(monitor);
    const next = threshold ? judge(was, { reading: value, threshold, now: input.nowMs }) : was;
    if (next === was) continue;
    changed[key] = next;
    if (next.alarm !== was.alarm) alarms.push({ kind: 'alarm', monitor, where, alarm: next.alarm, reading: value });
  }
  return { watched: Object.keys(changed).length === 0 ? before : { ...before, ...changed }, alarms };
}

/** Made once for each set of parameters. */
const made = new WeakMap<Risk, ReadonlyMap<MonitorName, Threshold>>();

function thresholdsOf(parameters: Risk): ReadonlyMap<MonitorName, Threshold> {
  const before = made.get(parameters);
  if (before) return before;
  const thresholds = new Map(NAMES.map((name) => [name, { ...parameters.monitors[name], bad: MONITORS[name].bad }] as const));
  made.set(parameters, thresholds);
  return thresholds;
}
const NAMES = Object.keys(MONITORS) as readonly MonitorName[];

type Weighing = { readonly watched: RiskState['watched']; readonly parameters: Risk };

function findingsOf(readings: readonly Reading[], { watched, parameters }: Weighing): readonly Finding[] {
  return readings.flatMap(({ monitor, where, value }): Finding[] => {
    const { on, tier, act } = parameters.monitors[monitor];
    if (!on || watched[watchedKey(monitor, where)]?.alarm !== 'act') return [];
    return [{ monitor, where, reading: value ?? act, threshold: act, tier }];
  });
}

type Stepping = { readonly findings: readonly Finding[]; readonly input: RiskInput; readonly resumed: boolean };

function stepAll(before: RiskState['breakers'], { findings, input, resumed }: Stepping) {
  const breakers: Record<string, BreakerState> = {};
  const moves: RiskEvent[] = [];
  const { nowMs, parameters } = input;
  for (const where of new Set([...Object.keys(before), ...findings.map((finding) => finding.where)])) {
    const own = findings.filter((finding) => finding.where === where);
    const { state, event } = stepBreaker(before[where] ?? CLOSED, { findings: own, nowMs, resumed, parameters: parameters.breaker });
    breakers[where] = state;
    if (event) moves.push({ kind: 'breaker', where, event });
  }
  return { breakers, moves };
}
