/** `scripts/parity`: a recorded session of our own beside its backtest. What is equal, what is not, and why. */
import { writeFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { QUEUE_MODELS, type QueueModelName } from '../shared/sim/queue.ts';
import { holds } from './lib/parity/compare.ts';
import { parityLines } from './lib/parity/lines.ts';
import { parityPage } from './lib/parity/page.ts';
import { type Parity, parity } from './lib/parity/parity.ts';
import { WAY_KINDS, type WayKind } from './lib/session/ways.ts';
import { EXIT, type ExitCode, newTool, Problem, print, runTool, wholeNumber } from './lib/tool.ts';
import { TapeProblem } from './sim/tape-file.ts';

type Options = {
  readonly latencies: WayKind;
  readonly queue?: QueueModelName;
  readonly fit: boolean;
  readonly goal: number;
  readonly seed: number;
  readonly config: string;
  readonly json?: string;
  readonly html?: string;
  readonly calibration?: string;
};

const tool = newTool('parity', 'Runs the backtester on a recorded session of our own, and tells where and why their fills differ.')
  .argument('<tape>', 'folder of tapes of a session (record.on): <runDir>/<environment>-<account>/tapes')
  .option('--latencies <kind>', `of the backtest that is compared: ${WAY_KINDS.join(', ')}`, oneOf(WAY_KINDS), 'recorded' as WayKind)
  .option('--queue <model>', `place in line: ${QUEUE_MODELS.join(', ')} (default: paper.queueModel of the session)`, oneOf(QUEUE_MODELS))
  .option('--fit', 'also tries every queue model, for the one that fits best', false)
  .option('--goal <percent>', 'share of equal fills that is wanted', percent, 99)
  .option('--seed <n>', 'of latencies that are drawn', wholeNumber({ min: 0, max: 4_294_967_295 }), 1)
  .option('--config <file>', 'files of own strategies are looked for from its folder', 'config.json')
  .option('--json <file>', 'everything; - for stdout, without the summary')
  .option('--html <file>', 'one page of it, which loads nothing from anywhere')
  .option('--calibration <file>', 'writes the fitted constants, for scripts/backtest --calibration')
  .addHelpText(
    'after',
    `
The session's own fills are never used by the backtest. Exit codes: 0 the goal
is reached and every difference has a cause, 1 it is not, or nothing was
filled, 2 usage.

Examples:
  scripts/parity run/sim-0123456789ab/tapes
  scripts/parity run/sim-0123456789ab/tapes --fit --calibration fitted.json --html parity.html`,
  )
  .parse();

async function main(): Promise<ExitCode> {
  const [tape = ''] = tool.args;
  const { latencies: ways, queue, fit, goal, seed, config, json, html, calibration } = tool.opts<Options>();
  const checked = await parity({ tape, ways, queueModel: queue ?? null, fit, seed, configFile: config }).catch((problem: unknown) => {
    if (problem instanceof TapeProblem) throw new Problem(EXIT.failed, [problem.message]);
    throw problem;
  });
  if (json === '-') print(JSON.stringify(jsonOf(checked)));
  else print(...parityLines(checked, goal / 100));
  if (json !== undefined && json !== '-') write(json, `${JSON.stringify(jsonOf(checked))}\n`);
  if (html !== undefined) write(html, parityPage(checked));
  if (calibration !== undefined) write(calibration, `${JSON.stringify(checked.calibration, null, 2)}\n`);
  return holds(checked.comparison, goal / 100) ? EXIT.done : EXIT.failed;
}

function jsonOf({ session, ways, queueModel, jitterMs, comparison, trials, calibration, fills }: Parity): object {
  const { path, firstMs, endMs, offsetMs, inPublic, notes, gaps, config } = session;
  const about = { tape: path, environment: config.environment, symbols: config.symbols, firstMs, endMs, offsetMs, inPublic, notes, gaps };
  return { session: about, latencies: ways, queueModel, jitterMs, ...comparison, trials, calibration, compared: fills };
}

function oneOf<T extends string>(allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((one) => one === text);
    if (found === undefined) throw new InvalidArgumentError(`allowed is one of ${allowed.join(', ')}.`);
    return found;
  };
}

function percent(text: string): number {
  const n = Number(text);
  if (text.trim() === '' || !(n >= 0 && n <= 100)) throw new InvalidArgumentError('allowed is a number from 0 to 100.');
  return n;
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Problem(EXIT.failed, [`cannot write ${file}: ${(error as NodeJS.ErrnoException).code}`]);
  }
}

await runTool('parity', main);
