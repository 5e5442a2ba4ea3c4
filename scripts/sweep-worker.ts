/** `scripts/sweep-worker`: does the trials of `scripts/sweep --queue`, on any host that has the program and the data. */
import { availableParallelism } from 'node:os';
import { workQueue } from './lib/sweep/queue-worker.ts';
import { EXIT, type ExitCode, newTool, print, runTool, wholeNumber } from './lib/tool.ts';

type Options = { readonly queue: string; readonly data?: string; readonly workers: number };

const options = newTool('sweep-worker', 'Does trials of scripts/sweep --queue, on any host that has the same checkout and the same data.')
  .requiredOption('--queue <url>', 'redis://host:6379, the same as that of the sweep')
  .option('--data <folder>', 'where the data files lie here (default: under the same paths as there)')
  .option('--workers <n>', 'threads (default: one for each core)', wholeNumber({ min: 1, max: 256 }), availableParallelism())
  .addHelpText(
    'after',
    `
It runs until Ctrl-C, ends then what it has at hand, and may be killed at any
time: another worker does what it had. Before it begins it compares the data,
the program and own strategies with those of the sweep, and refuses others.

Examples:
  scripts/sweep-worker --queue redis://10.0.0.5:6379
  scripts/sweep-worker --queue redis://10.0.0.5:6379 --data /srv/klines --workers 16`,
  )
  .parse()
  .opts<Options>();

async function main(): Promise<ExitCode> {
  const { queue: url, data = null, workers: threads } = options;
  const say = (line: string): void => print(line);
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const done = await workQueue({ url, data, threads, say }, ended);
  print(`${done} trials done`);
  return EXIT.done;
}

await runTool('sweep-worker', main);
process.exit(); // a connection to a queue that is gone would hold it
