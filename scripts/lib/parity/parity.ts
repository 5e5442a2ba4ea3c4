/** A whole parity check: the session, its backtests, the comparison, and what of the models can be fitted from it. Throws TapeProblem and Problem. */
import type { FillRow } from '../backtest/result.ts';
import { QUEUE_MODELS, type QueueModelName } from '../../../shared/sim/queue.ts';
import { readSession } from '../session/read-session.ts';
import { runSession, type SessionResult } from '../session/run-session.ts';
import { leftMs, type RecordedCommand, type RecordedFill, type Session } from '../session/session.ts';
import { actedMs, type Trips, WAY_KINDS, type WayKind } from '../session/ways.ts';
import { type Calibration, fitted } from './calibrate.ts';
import { compare, type Comparison } from './compare.ts';
import type { Command, Fill } from './intents.ts';

export type ParityOptions = {
  readonly tape: string;
  readonly ways: WayKind;
  /** Null: that of the session's configuration. */
  readonly queueModel: QueueModelName | null;
  readonly seed: number;
  readonly configFile: string;
  /** Every queue model is tried as well. */
  readonly fit: boolean;
};
/** A backtest of other assumptions, in short. */
export type Trial = {
  readonly ways: WayKind;
  readonly queueModel: QueueModelName;
  readonly simulated: number;
  readonly equal: number;
  readonly share: number;
};
export type Parity = {
  readonly session: Session;
  readonly result: SessionResult['result'];
  readonly ways: WayKind;
  readonly queueModel: QueueModelName;
  readonly jitterMs: number;
  readonly comparison: Comparison;
  readonly trials: readonly Trial[];
  readonly calibration: Calibration;
  /** Both sides, for charts. */
  readonly fills: { readonly real: readonly Fill[]; readonly simulated: readonly Fill[] };
};

export async function parity(options: ParityOptions): Promise<Parity> {
  const session = await readSession(options.tape);
  const queueModel = options.queueModel ?? session.config.paper.queueModel;
  const run = async (ways: WayKind, model: QueueModelName): Promise<Compared> =>
    compared(session, await runSession({ ...options, session, ways, queueModel: model, fees: null }));
  const main = await run(options.ways, queueModel);
  const trials: Trial[] = [trialOf(main, options.ways, queueModel)];
  for (const ways of WAY_KINDS) if (ways !== options.ways) trials.push(trialOf(await run(ways, queueModel), ways, queueModel));
  for (const model of options.fit ? QUEUE_MODELS : [])
    if (model !== queueModel) trials.push(trialOf(await run(options.ways, model), options.ways, model));
  const calibration = fitted({ session, trips: main.trips, trials: trials.filter(({ ways }) => ways === options.ways) });
  const { result, jitterMs, comparison, fills } = main;
  return { session, result, ways: options.ways, queueModel, jitterMs, comparison, trials, calibration, fills };
}

type Compared = Pick<Parity, 'result' | 'jitterMs' | 'comparison' | 'fills'> & { readonly trips: Trips };

function compared(session: Session, { result, commands, trips }: SessionResult): Compared {
  const jitterMs = jitterOf(trips);
  const untilMs = session.endMs;
  const real = session.fills.filter(({ atMs }) => atMs <= untilMs).map(realFill);
  const simulated = result.fills.filter(({ atMs }) => atMs <= untilMs).map(simulatedFill);
  const asked = session.commands.filter((command) => leftMs(command) <= untilMs).map(realCommand);
  const marks = Object.fromEntries(
    Object.entries(result.samples.symbols).flatMap(([symbol, { price }]) => (price.length === 0 ? [] : [[symbol, Number(price.at(-1))]])),
  );
  const comparison = compare({
    real: { commands: asked, fills: real },
    simulated: { commands, fills: simulated },
    ...{ gaps: session.gaps.map(({ atMs }) => atMs), jitterMs, turnMs: session.config.snapshot.intervalMs / 2, marks },
  });
  return { result, jitterMs, comparison, fills: { real, simulated }, trips };
}

const trialOf = ({ comparison }: Compared, ways: WayKind, queueModel: QueueModelName): Trial => ({
  ...{ ways, queueModel, simulated: comparison.fills.simulated, equal: comparison.fills.equal, share: comparison.share },
});

const JITTER_MS = { least: 2, most: 250 };

/** By how much the ways of orders differ among themselves: what is nearer together in time is the same. */
function jitterOf({ there, back }: Trips): number {
  const spread = (trips: readonly { readonly ms: number }[]): number => {
    const sorted = trips.map(({ ms }) => ms).sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return at(0.95) - at(0.05);
  };
  const jitter = Math.max(spread(Object.values(there).flat()), spread(Object.values(back).flat()));
  return Math.min(JITTER_MS.most, Math.max(JITTER_MS.least, jitter));
}

const STEERED: ReadonlySet<string> = new Set(['quote', 'trend', 'custom']);

const realFill = ({ role, ...fill }: RecordedFill): Fill => ({ ...fill, foreign: !STEERED.has(role) });

const simulatedFill = ({ fee, strategy, ...fill }: FillRow): Fill => ({
  ...fill,
  fee: fee.startsWith('-') ? fee.slice(1) : fee === '0' ? '0' : `-${fee}`,
  foreign: strategy === 'exit' || strategy === 'venue',
});

function realCommand(command: RecordedCommand): Command {
  const { kind, clientId, symbol, side, price, size, outcome } = command;
  const trouble = outcome.startsWith('refused:') || outcome.startsWith('rejected:') ? outcome : null;
  const terms = kind === 'cancel' ? { side: null, price: null, size: null } : { side, price, size };
  return { kind, clientId, symbol, ...terms, decidedMs: leftMs(command), actedMs: trouble === null ? actedMs(command) : null, trouble };
}
