/** `scripts/report`: what a backtest left, as one page, as tables, and two of them side by side. */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { compareLines } from './lib/report/compare-lines.ts';
import { comparePage, type Named } from './lib/report/compare.ts';
import { fillsCsv, taxCsv } from './lib/report/csv.ts';
import { reportPage } from './lib/report/page.ts';
import { readResult } from './lib/report/read-result.ts';
import { EXIT, type ExitCode, newTool, Problem, print, runTool } from './lib/tool.ts';

type Options = { readonly out?: string; readonly csv?: string; readonly tax?: string; readonly compare?: string };

const tool = newTool('report', 'Makes one HTML page of a result of scripts/backtest --json. The page loads nothing from anywhere.')
  .argument('<result>', 'file that scripts/backtest --json wrote')
  .option('--out <file>', 'page to write (default: beside the result, .html)')
  .option('--csv <file>', 'also writes every fill as CSV')
  .option('--tax <file>', 'also writes profits, fees and funding as CSV for tax tools')
  .option('--compare <result>', 'a second result: figures and curves side by side')
  .addHelpText(
    'after',
    `
Examples:
  scripts/backtest --klines BTCUSDT-5m.csv.gz --symbol BTCUSDT --json a.json
  scripts/report a.json --csv trades.csv
  scripts/report a.json --compare b.json --out both.html`,
  )
  .parse();

async function main(): Promise<ExitCode> {
  const [file = ''] = tool.args;
  const { out = file.replace(/(\.json)?$/, '.html'), csv, tax, compare } = tool.opts<Options>();
  const result = readResult(file);
  if (csv !== undefined) write(csv, fillsCsv(result));
  if (tax !== undefined) write(tax, taxCsv(result));
  if (compare === undefined) write(out, await reportPage(result));
  else compareWith({ name: nameOf(file), result }, { name: nameOf(compare), result: readResult(compare) }, out);
  return EXIT.done;
}

function compareWith(a: Named, b: Named, out: string): void {
  print(...compareLines(a, b));
  write(out, comparePage(a, b));
}

const nameOf = (file: string): string => basename(file).replace(/\.json$/, '');

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Problem(EXIT.failed, [`cannot write ${file}: ${(error as NodeJS.ErrnoException).code}`]);
  }
  print(`wrote ${file}`);
}

await runTool('report', main);
