/**
 * Whether the memory of a backtest stays flat in the length of its data: what is held at the end of a recorded file, and of the same file
 * four times over, one copy after the other in time. Little is traded, so that the list of fills does not count.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import type { BacktestArguments } from '../lib/backtest/arguments.ts';
import { prepareDepth } from '../lib/backtest/prepare-depth.ts';
import { prepareKlines } from '../lib/backtest/prepare-klines.ts';
import { runDepth } from '../lib/backtest/run-depth.ts';
import { runKlines } from '../lib/backtest/run-klines.ts';
import type { Figure } from './measure.ts';

const COPIES = 4;
/** Lines of a recording that are taken: 75 seconds of it. */
const LINES = 20_000;
/** Megabytes that may be more at the end of four times as much. */
const GOAL_MB = 8;

type Files = { readonly bars: string | null; readonly book: string | null };

export async function benchBacktestMemory({ bars, book }: Files, common: BacktestArguments): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mmbot-bench-'));
  try {
    return [
      ...(bars === null ? [] : [await barsFigure(bars, { folder, common })]),
      ...(book === null ? [] : [await bookFigure(book, { folder, common })]),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Where = { readonly folder: string; readonly common: BacktestArguments };

async function barsFigure(file: string, { folder, common }: Where): Promise<Figure> {
  const [head = '', ...rows] = gunzipSync(readFileSync(file)).toString().trim().split('\n');
  const times = rows.map((row) => Number(row.slice(0, row.indexOf(','))));
  const lengthMs = (times.at(-1) ?? 0) - (times[0] ?? 0) + (times[1] ?? 0) - (times[0] ?? 0);
  const copy = (n: number): string[] => rows.map((row, at) => `${(times[at] ?? 0) + n * lengthMs}${row.slice(row.indexOf(','))}`);
  const held = await heldAt([1, COPIES], async (copies) => {
    const long = join(folder, `BTCUSDT-${copies}.csv`);
    writeFileSync(long, `${[head, ...Array.from({ length: copies }, (_, n) => copy(n).join('\n'))].join('\n')}\n`);
    const set = ['strategy.macdTrend.thresholdBps=200'];
    return runKlines(await prepareKlines({ ...common, klines: [long], strategy: 'macd-trend', set }));
  });
  return figureOf('bars', held);
}

async function bookFigure(file: string, { folder, common }: Where): Promise<Figure> {
  const lines = gunzipSync(readFileSync(file)).toString().split('\n', LINES);
  const first = Number(lines[0]?.slice(0, 13));
  const lengthMs = Number(lines.at(-1)?.slice(0, 13)) - first + 1;
  const held = await heldAt([1, COPIES], async (copies) => {
    const long = join(folder, `BTCUSDT-${copies}.raw`);
    const all = Array.from({ length: copies }, (_, n) => lines.map((line) => later(line, n * lengthMs)).join('\n'));
    writeFileSync(long, `${all.join('\n')}\n`);
    return runDepth(await prepareDepth({ ...common, tape: long }));
  });
  return figureOf('frames', held);
}

/** The line so much later; its update ids go on as well, so that the next copy begins with a book of its own. */
function later(line: string, byMs: number): string {
  if (byMs === 0) return line;
  const stamp = `${Number(line.slice(0, 13)) + byMs}${line.slice(13, 19)}`;
  const moved = line
    .slice(19)
    .replace(/"(E|T)":(\d+)/g, (_, name, ms) => `"${name}":${Number(ms) + byMs}`)
    .replace(/"(U|u|pu|lastUpdateId|t)":(\d+)/g, (_, name, id) => `"${name}":${Number(id) + byMs * 1_000_000}`);
  return stamp + moved;
}

type Held = { readonly records: number; readonly mb: number };

/** After each run its result is still held; what was garbage is gone. */
async function heldAt(
  copies: readonly number[],
  run: (copies: number) => Promise<{ readonly meta: { readonly records: number } }>,
): Promise<readonly Held[]> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const held: Held[] = [];
  for (const count of copies) {
    const { meta } = await run(count);
    collect();
    held.push({ records: meta.records, mb: process.memoryUsage().heapUsed / 1_048_576 });
  }
  return held;
}

function figureOf(what: string, [few, many]: readonly Held[]): Figure {
  if (!few || !many) throw new Error('Cannot measure: there was no run');
  return {
    ...{ name: `backtest: heap at the end of ${COPIES} times as many ${what}`, value: Math.max(0, many.mb - few.mb), unit: 'MB more' },
    ...{ goal: GOAL_MB, conclusive: true },
    beside: `${many.mb.toFixed(1)} MB after ${many.records} ${what}, ${few.mb.toFixed(1)} MB after ${few.records}`,
  };
}
