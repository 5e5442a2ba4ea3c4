/** From when to when there is data to trade on. All of it is read once, so that a bad line is told before the first trial. */
import { STEPPED_START_MS } from '../../sim/stepper.ts';
import { readTape } from '../../sim/tape-file.ts';
import type { BacktestArguments } from '../backtest/arguments.ts';
import { readBars } from '../backtest/bar-file.ts';
import { probeKlines, refuseOfDepth } from '../backtest/prepare-klines.ts';
import type { GapRow } from '../backtest/result.ts';
import { probeTape, Watch } from '../backtest/run-depth.ts';
import { isSession } from '../session/asked.ts';
import { EXIT, Problem } from '../tool.ts';
import type { Span } from './splits.ts';
import type { Asked } from './world.ts';

/** `stepMs`: where it may be cut. `gaps`: holes that reach into the range. */
export type DataRange = { readonly range: Span; readonly stepMs: number; readonly gaps: readonly GapRow[] };

/** Throws TapeProblem and Problem. */
export async function dataRange(asked: Asked): Promise<DataRange> {
  const { klines, tape, simulate } = asked;
  const kinds = { '--klines': klines.length > 0, '--tape': tape !== undefined, '--simulate': simulate !== undefined };
  const given = Object.entries(kinds).flatMap(([name, is]) => (is ? [name] : []));
  if (given.length !== 1)
    throw new Problem(EXIT.usage, [`${given.join(' and ') || 'no data given'}: allowed is one of --klines, --tape and --simulate`]);
  const data = await (tape !== undefined
    ? tapeRange(asked, tape)
    : simulate !== undefined
      ? simulatedRange(asked, simulate)
      : barRange(asked));
  const fromMs = Math.max(data.range.fromMs, asked.from ?? Number.NEGATIVE_INFINITY);
  const toMs = Math.min(data.range.toMs, asked.to ?? Number.POSITIVE_INFINITY);
  if (fromMs >= toMs) throw new Problem(EXIT.usage, [`--from, --to: nothing is left: the data is ${spanText(data.range)}`]);
  return { ...data, range: { fromMs, toMs }, gaps: data.gaps.filter((gap) => gap.toMs > fromMs && gap.fromMs < toMs) };
}

async function barRange(asked: Asked): Promise<DataRange> {
  const whole: BacktestArguments = { ...asked, set: [], config: '' };
  refuseOfDepth(whole);
  const { barMs, symbols } = await probeKlines(whole);
  const gaps: GapRow[] = [];
  let endMs = 0;
  for (const [n, { instrument, firstMs }] of symbols.entries()) {
    let nextMs = firstMs;
    for await (const bars of readBars(asked.klines[n] ?? '', instrument))
      for (const { openMs } of bars) {
        if (openMs > nextMs) gaps.push({ symbol: instrument.symbol, fromMs: nextMs, toMs: openMs, what: 'no bars' });
        nextMs = openMs + barMs;
      }
    endMs = Math.max(endMs, nextMs);
  }
  return { range: { fromMs: Math.min(...symbols.map(({ firstMs }) => firstMs)), toMs: endMs }, stepMs: barMs, gaps };
}

async function tapeRange({ symbol, queue = 'risk-averse' }: Asked, tape: string): Promise<DataRange> {
  if (await isSession(tape))
    throw new Problem(EXIT.usage, [
      `--tape: ${tape} is a session of ours, whose own orders stand in its market: allowed is a recording; scripts/backtest tries other parameters on a session`,
    ]);
  const probed = await probeTape(tape, { symbols: symbol, queueModel: queue });
  const { knownMs } = probed;
  const seen = new Watch(probed);
  let lastMs = knownMs;
  for await (const frame of readTape(tape)) {
    lastMs = Math.max(lastMs, frame.atMs);
    if (symbol.includes(frame.symbol)) seen.frame(frame);
  }
  return { range: { fromMs: Math.ceil(knownMs), toMs: Math.floor(lastMs) + 1 }, stepMs: 1_000, gaps: seen.allGaps() };
}

function simulatedRange({ from, to }: Asked, seconds: number): DataRange {
  if (from !== undefined || to !== undefined) throw new Problem(EXIT.usage, ['--from, --to: allowed with --klines and --tape']);
  return { range: { fromMs: STEPPED_START_MS, toMs: STEPPED_START_MS + seconds * 1_000 }, stepMs: 1_000, gaps: [] };
}

const spanText = ({ fromMs, toMs }: Span): string => [fromMs, toMs].map((ms) => new Date(ms).toISOString()).join(' to ');
