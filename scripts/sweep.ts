/** `scripts/sweep`: a search over parameters of the configuration, on recorded data; the rooms are in lib/sweep. */
import { writeFileSync } from 'node:fs';
import { sweepTool } from './lib/sweep/arguments.ts';
import { sweepPage } from './lib/sweep/page.ts';
import { sweepSummary } from './lib/sweep/summary.ts';
import { runSweep } from './lib/sweep/sweep.ts';
import { EXIT, type ExitCode, print, Problem, runTool } from './lib/tool.ts';
import { TapeProblem } from './sim/tape-file.ts';

async function main(): Promise<ExitCode> {
  const asked = sweepTool();
  const result = await runSweep(asked, stopSignal()).catch((problem: unknown) => {
    if (problem instanceof TapeProblem) throw new Problem(EXIT.failed, [problem.message]);
    throw problem;
  });
  const page = asked.out.replace(/\.json$/, '.html');
  write(asked.out, `${JSON.stringify(result)}\n`);
  write(page, sweepPage(result));
  print(...sweepSummary(result), `wrote ${asked.out} and ${page}`);
  return EXIT.done;
}

/** Rejects when a person ends it: what is done stays on disk. */
function stopSignal(): Promise<never> {
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => undefined); // awaited by whoever is at work then
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stopped.reject(new Problem(EXIT.failed, ['stopped; the same command goes on where it was'])));
  return stopped.promise;
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Problem(EXIT.failed, [`cannot write ${file}: ${(error as NodeJS.ErrnoException).code}`]);
  }
}

await runTool('sweep', main);
process.exit(); // a connection to a queue that is gone would hold it
