/** `scripts/backtest`: a strategy on recorded data, in seconds. What is asked for is read here; the rooms are in lib/backtest. */
import { writeFileSync } from 'node:fs';
import { backtestTool, type BacktestArguments } from './lib/backtest/arguments.ts';
import { prepareKlines } from './lib/backtest/prepare-klines.ts';
import { prepareDepth, prepareSimulated } from './lib/backtest/prepare-depth.ts';
import type { BacktestResult } from './lib/backtest/result.ts';
import { withCalibration } from './lib/backtest/calibrated.ts';
import { runDepth } from './lib/backtest/run-depth.ts';
import { runKlines } from './lib/backtest/run-klines.ts';
import { runSimulated } from './lib/backtest/run-simulated.ts';
import { summary } from './lib/backtest/summary.ts';
import { isSession, replayedSession } from './lib/session/asked.ts';
import { EXIT, type ExitCode, print, Problem, runTool } from './lib/tool.ts';
import { TapeProblem } from './sim/tape-file.ts';

async function main(): Promise<ExitCode> {
  const asked = backtestTool();
  const result = await run(asked).catch((problem: unknown) => {
    if (problem instanceof TapeProblem) throw new Problem(EXIT.failed, [problem.message]);
    throw problem;
  });
  if (asked.json === '-') print(JSON.stringify(result));
  else {
    if (asked.json !== undefined) writeFileSync(asked.json, `${JSON.stringify(result)}\n`);
    print(...summary(result));
  }
  return EXIT.done;
}

/** One kind of data at a time. */
async function run(given: BacktestArguments): Promise<BacktestResult> {
  const { klines, tape, simulate } = given;
  const kinds = { '--klines': klines.length > 0, '--tape': tape !== undefined, '--simulate': simulate !== undefined };
  const named = Object.entries(kinds).flatMap(([name, is]) => (is ? [name] : []));
  if (named.length !== 1)
    throw new Problem(EXIT.usage, [`${named.join(' and ') || 'no data given'}: allowed is one of --klines, --tape and --simulate`]);
  if (tape !== undefined && (await isSession(tape))) return replayedSession(given, tape);
  const asked = withCalibration(given);
  if (simulate !== undefined) return runSimulated(await prepareSimulated(asked, simulate));
  if (tape === undefined) return runKlines(await prepareKlines(asked));
  if (asked.latencies !== undefined)
    throw new Problem(EXIT.usage, [
      `--latencies: ${tape} is no session of ours: allowed is --feed-latency, --order-latency, --response-latency`,
    ]);
  return runDepth(await prepareDepth(asked));
}

await runTool('backtest', main);
