/** Reads a K-line file, plain or gzip. What is wrong with it is one line with file and line number. */
import { KlineTable } from '../../shared/sim/kline-table.ts';
import { TapeProblem } from './tape-file.ts';
import { readLines } from './tape-lines.ts';

/** Throws TapeProblem. */
export async function readKlines(file: string): Promise<KlineTable> {
  const table = new KlineTable();
  for await (const { lines, problem } of readLines(file)) {
    for (const line of lines) {
      const wrong = line === '' ? null : table.push(line);
      if (wrong !== null) throw new TapeProblem(`${file}: ${wrong}`);
    }
    if (problem !== null) throw new TapeProblem(`${file}: ${problem}`);
  }
  const wrong = table.end();
  if (wrong !== null) throw new TapeProblem(`${file}: ${wrong}`);
  return table;
}
