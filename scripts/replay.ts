/** Replays a tape through the cores that ran live, and ends in a hash of their state; or shows what they held at any moment. */
import { createHash } from 'node:crypto';
import { InvalidArgumentError } from 'commander';
import { TapeFault } from '../shared/io/tape-reader.ts';
import { utcTime } from './lib/history-tool.ts';
import { ReplayBrain } from './lib/replay/brain.ts';
import { recordsOf } from './lib/replay/records.ts';
import { Replayer } from './lib/replay/replayer.ts';
import { exitOf, INSPECTED, type Inspected, inspectLines, skippedLine, summaryLines } from './lib/replay/screen.ts';
import { EXIT, type ExitCode, newTool, Problem, print, runTool } from './lib/tool.ts';
import { TapeProblem } from './sim/tape-file.ts';

type Until = { readonly kind: 'at' | 'after'; readonly ms: number };
type Options = {
  readonly until?: Until;
  readonly inspect?: Inspected;
  readonly symbol?: string;
  readonly config: string;
  readonly json: boolean;
};

const program = newTool('replay', 'Replays a tape through the books, ledger and brain that ran live; ends in a hash of their state.')
  .argument('<tape>', 'a file, a folder of tapes, or a recording that npm run sim can serve')
  .option('--until <time>', 'stop there: a UTC time, or +SECONDS from the first record', untilText)
  .option('--inspect <what>', `show what was held there: ${INSPECTED.join(', ')}`, inspectText)
  .option('--symbol <symbol>', 'of this contract only', (text) => text.toUpperCase())
  .option('--config <file>', 'files of own strategies are looked for from its folder', 'config.json')
  .option('--json', 'one JSON object on stdout', false)
  .addHelpText(
    'after',
    `
The same tape has the same hash, each time and on each machine. Holes of the
tape are listed. Every turn of a recorded brain is run again, and has to send
what it sent then. Exit codes: 0 done, 1 the tape cannot be read on, or a turn
was decided otherwise, 2 usage, 5 not every turn could be run again.

Examples:
  scripts/replay run/sim-0123456789ab/tapes
  scripts/replay run/tapes --until +90 --inspect book --symbol BTCUSDT
  scripts/replay run/tapes --until 2026-11-30T12:34:56 --inspect reasons`,
  )
  .parse();
const options = program.opts<Options>();

function untilText(text: string): Until {
  const after = /^\+(\d+(?:\.\d+)?)$/.exec(text)?.[1];
  if (after !== undefined) return { kind: 'after', ms: Number(after) * 1_000 };
  if (text.startsWith('+')) throw new InvalidArgumentError('allowed is +SECONDS such as +90, or a UTC time.');
  return { kind: 'at', ms: utcTime(text) };
}

function inspectText(text: string): Inspected {
  const found = INSPECTED.find((name) => name === text);
  if (!found) throw new InvalidArgumentError(`allowed is ${INSPECTED.join(', ')}.`);
  return found;
}

async function main(): Promise<ExitCode> {
  const [path = ''] = program.args;
  const { replayer, brain, problem } = await replay(path, options.until ?? null);
  const moment = { until: options.until?.ms ?? null, hash: hashOf(replayer, brain), brain };
  if (options.json) print(JSON.stringify(jsonOf(replayer, { ...moment, problem })));
  else {
    if (options.inspect) print(...inspectLines(replayer, { what: options.inspect, symbol: options.symbol ?? null }), '');
    print(...summaryLines(replayer, moment));
  }
  if (problem !== null) throw new Problem(EXIT.failed, [problem]);
  const code = exitOf(brain);
  if (code === EXIT.partial) throw new Problem(code, [skippedLine(brain)]);
  return code;
}

/** Of books and ledger, and of what the brain decides where it is run again. */
const hashOf = (replayer: Replayer, brain: ReplayBrain): string =>
  brain.turns.run === 0 ? replayer.hash() : createHash('sha256').update(`${replayer.hash()} ${brain.hash()}`).digest('hex');

/** All that is readable is replayed before a problem is told. */
async function replay(path: string, until: Until | null): Promise<Replayed> {
  const replayer = new Replayer();
  const brain = new ReplayBrain(options.config);
  try {
    for await (const records of recordsOf(path))
      for (const record of records) {
        const endMs = until === null ? Infinity : until.kind === 'at' ? until.ms : (replayer.firstMs ?? record.atMs) + until.ms;
        if (record.atMs > endMs) continue;
        replayer.take(record);
        await brain.take(record);
      }
  } catch (fault) {
    if (!(fault instanceof TapeFault || fault instanceof TapeProblem)) throw fault;
    if (replayer.firstMs === null) throw new Problem(EXIT.failed, [fault.message]);
    return { replayer, brain, problem: fault.message };
  }
  return { replayer, brain, problem: null };
}

type Replayed = { readonly replayer: Replayer; readonly brain: ReplayBrain; readonly problem: string | null };

function jsonOf(replayer: Replayer, { hash, problem, brain }: Omit<Replayed, 'replayer'> & { readonly hash: string }): object {
  const { firstMs, lastMs, counts, gaps, clockSteps, account, published } = replayer;
  const { inspect, symbol } = options;
  const mine = (one: { readonly symbol: string }): boolean => symbol === undefined || one.symbol === symbol;
  const shown =
    inspect === 'orders'
      ? [...account.orders.values()].filter(mine)
      : inspect === 'reasons'
        ? replayer.words
        : replayer.books().filter(mine);
  return {
    ...{ firstMs, lastMs, counts, gaps, clockSteps, published, disagreements: account.disagreements(), hash, problem },
    brain: { turns: brain.turns, differing: brain.differing, hindrance: brain.hindrance },
    ...(inspect ? { [inspect]: shown } : {}),
  };
}

await runTool('replay', main);
