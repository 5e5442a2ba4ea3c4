import { expect, test } from 'vitest';
import { KlineTable } from '../../../shared/sim/kline-table.ts';

const HEADER = 'open_time,open,high,low,close,volume';
const T0 = 1_735_689_600_000;
const row = (minute: number, prices = '100,102.5,99,101', volume = '12.5'): string => `${T0 + minute * 60_000},${prices},${volume}`;

/** The first problem, at the end at last; null when all is well. */
function read(lines: readonly string[]): { readonly table: KlineTable; readonly problem: string | null } {
  const table = new KlineTable();
  for (const line of lines) {
    const problem = table.push(line);
    if (problem !== null) return { table, problem };
  }
  return { table, problem: table.end() };
}

test.each([
  ['a header and six columns', [HEADER, row(0), row(1)]],
  [
    'columns in another order, and more of them',
    ['close_time,volume,close,low,high,open,open_time', `1,12.5,101,99,102.5,100,${T0}`, `1,12.5,101,99,102.5,100,${T0 + 60_000}`],
  ],
  [
    'no header, in the order of the public files',
    [`${row(0)},1735689659999,1260.5,40,6.2,630,0`, `${row(1)},1735689719999,1260.5,40,6.2,630,0`],
  ],
  ['line ends of another system, and exponents', [`${HEADER}\r`, `${row(0)}\r`, `${row(1, '100,102.5,99,101', '1.25e1')}\r`]],
])('KlineTable reads %s', (_name, lines) => {
  const { table, problem } = read(lines);
  expect([problem, table.barMs, table.rows.length]).toEqual([null, 60_000, 2]);
  expect(table.rows[0]).toEqual({ openMs: T0, open: '100', high: '102.5', low: '99', close: '101', volume: '12.5' });
  expect(Number(table.rows[1]?.volume)).toBe(12.5);
});

test('KlineTable takes the length of the bars from the first two', () => {
  expect(read([HEADER, row(0), row(5), row(10)]).table.barMs).toBe(300_000);
});

test.each([
  ['a missing column', ['open_time,open,high,low,volume', row(0)], 'line 1: the header has no column close'],
  ['another file', ['{"stream":"x"}'], 'line 1: the header has no column open_time, open, high, low, close, volume'],
  ['a word for a price', [HEADER, row(0, '100,x,99,101')], 'line 2: "x" is not a decimal number'],
  ['a line cut short', [HEADER, `${T0},100,102`], 'line 2: "" is not a decimal number'],
  ['a time in seconds', [HEADER, '1735689600,1,1,1,1,1'], 'line 2: open_time "1735689600" is not in milliseconds since the epoch'],
  ['a high below the close', [HEADER, row(0, '100,100.5,99,101')], 'line 2: open 100, high 100.5, low 99, close 101 are no bar'],
  ['a price of zero', [HEADER, row(0, '1,1,0,1')], 'line 2: open 1, high 1, low 0, close 1 are no bar'],
  ['bars backwards', [HEADER, row(1), row(0)], `line 3: open_time ${T0} is not whole minutes after the one before it`],
  ['a hole', [HEADER, row(0), row(1), row(3)], `line 4: open_time ${T0 + 180_000} leaves a hole: bars here are 1 min long`],
  ['a bar within a minute', [HEADER, `${T0 + 1},1,1,1,1,1`], `line 2: open_time ${T0 + 1} is not at a full minute`],
  ['a single bar', [HEADER, row(0)], 'holds fewer than two K-lines'],
  ['nothing', [], 'holds fewer than two K-lines'],
])('KlineTable tells %s', (_name, lines, problem) => {
  expect(read(lines).problem).toBe(problem);
});
