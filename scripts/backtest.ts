/** `scripts/backtest`: a strategy on recorded data, in seconds. What is asked for is read here; the rooms are in lib/backtest. */
import { writeFileSync } from 'node:fs';
import { backtestTool, type BacktestArguments } from './lib/backtest/arguments.ts';
import { prepareKlines } from './lib/backtest/prepare-klines.ts';
import { runKlines } from './lib/backtest/run-klines.ts';
import { summary } from './lib/backtest/summary.ts';
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

const run = async (asked: BacktestArguments) => runKlines(await prepareKlines(asked));

await runTool('backtest', main);
