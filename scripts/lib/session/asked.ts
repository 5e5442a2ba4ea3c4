/** A backtest of a recorded session as the command line asks for it. Throws Problem and TapeProblem. */
import { checkConfig, overlay, problemLine } from '../../../shared/config.ts';
import { TapeFault } from '../../../shared/io/tape-reader.ts';
import { Random } from '../../../shared/random.ts';
import { type Latency, Line } from '../../../shared/sim/latency.ts';
import { TapeProblem } from '../../sim/tape-file.ts';
import { headOf, isOwnTape, readTapes } from '../../sim/tape-folder.ts';
import { type BacktestArguments, USUAL_LEVERAGE } from '../backtest/arguments.ts';
import { optionsOfBars } from '../backtest/prepare-depth.ts';
import { withCalibration } from '../backtest/calibrated.ts';
import type { Way, Ways } from '../backtest/depth-options.ts';
import { changesOf, feesOf } from '../backtest/prepare.ts';
import type { BacktestResult } from '../backtest/result.ts';
import { EXIT, Problem } from '../tool.ts';
import { readSession } from './read-session.ts';
import { runSession } from './run-session.ts';
import type { Session } from './session.ts';

/** Written by a gateway of ours; a tape of `scripts/record` holds a market and nobody who trades on it. */
export async function isSession(path: string): Promise<boolean> {
  if (!isOwnTape(path)) return false;
  try {
    for await (const [first] of readTapes(path, { only: (name) => !name.startsWith('brain-') })) {
      const head = headOf(first);
      if (head) return head.process === 'gateway';
    }
    return false;
  } catch (fault) {
    throw fault instanceof TapeFault ? new TapeProblem(fault.message) : fault;
  }
}

/** `given` by a person: what a calibration tells comes in here, and of the feed the tape itself tells more. */
export async function replayedSession(given: BacktestArguments, path: string): Promise<BacktestResult> {
  refuse(given);
  const asked = withCalibration(given);
  const session = changed(await readSession(path), asked);
  const { latencies = 'recorded', seed, config: configFile, queue } = asked;
  const models = modelsOf(asked);
  const fees = feesOf(asked, { ...session.config, paper: { ...session.config.paper, fees: null } });
  const run = { session, ways: latencies, seed, configFile, fees, models, queueModel: queue ?? session.config.paper.queueModel };
  return (await runSession(run)).result;
}

/** What the tape itself tells cannot be asked for. */
function refuse(asked: BacktestArguments): void {
  const { symbol, from, to, naive, phase, balance, leverage, feedLatency } = asked;
  const given = {
    ...optionsOfBars(asked),
    '--leverage': leverage !== USUAL_LEVERAGE,
    '--symbol': symbol.length > 0,
    '--from': from !== undefined,
    '--to': to !== undefined,
    '--naive': naive,
    '--phase': phase !== 0,
    '--balance': balance.length > 0,
    '--feed-latency': feedLatency !== undefined,
  };
  const [wrong] = Object.entries(given).flatMap(([name, is]) => (is === undefined || is === false ? [] : [name]));
  if (wrong) throw new Problem(EXIT.usage, [`${wrong}: not with the tape of a session, which tells it itself`]);
}

/** Other parameters on the same session. */
function changed(session: Session, asked: BacktestArguments): Session {
  const changes = changesOf(asked);
  if (changes.length === 0) return session;
  const checked = checkConfig(changes.reduce<unknown>((base, change) => overlay(base, change), session.config));
  if ('problems' in checked)
    throw new Problem(
      EXIT.usage,
      checked.problems.map((problem) => `configuration: ${problemLine(problem)}`),
    );
  return { ...session, config: checked.config };
}

function modelsOf({ orderLatency, responseLatency, seed }: BacktestArguments): Partial<Ways> {
  const way = (name: string, latency: Latency): Way => {
    const line = new Line({ latency, random: new Random(seed).fork(`way ${name}`) });
    return (nowMs) => line.arriveMs(nowMs);
  };
  return {
    ...(orderLatency && { there: way('there', orderLatency) }),
    ...(responseLatency && { back: way('back', responseLatency), events: way('events', responseLatency) }),
  };
}
