import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { prepareDepth } from '../../../../scripts/lib/backtest/prepare-depth.ts';
import { runDepth } from '../../../../scripts/lib/backtest/run-depth.ts';
import { fastDir } from '../../../kit/fast-dir.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
const folder = fastDir('recordings');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const START_MS = 1_723_161_255_000;
const line = (afterMs: number, text: string): string => `${START_MS + afterMs}000000 ${text}`;
const stream = (afterMs: number, data: string): string => line(afterMs, `{"stream":"x","data":${data}}`);
const SNAPSHOT = '{"lastUpdateId":10,"E":1723161255000,"T":1723161255000,"bids":[["50000.00","1.000"]],"asks":[["50000.10","1.001"]]}';

function depth(afterMs: number, [first, last, previous]: readonly [number, number, number], symbol = 'BTCUSDT'): string {
  const ids = `"U":${first},"u":${last},"pu":${previous}`;
  return stream(afterMs, `{"e":"depthUpdate","E":${START_MS + afterMs},"T":1,"s":"${symbol}",${ids},"b":[["50000.00","2.000"]],"a":[]}`);
}
const best = (afterMs: number, { price = '50000.00', symbol = 'BTCUSDT' } = {}): string =>
  stream(
    afterMs,
    `{"e":"bookTicker","u":11,"s":"${symbol}","b":"${price}","B":"1","a":"50000.10","A":"1","T":1,"E":${START_MS + afterMs}}`,
  );

let files = 0;
async function played(lines: readonly string[]) {
  const file = join(folder, `BTCUSDT-${++files}.raw`);
  writeFileSync(file, `${[depth(0, [9, 10, 8]), line(1, SNAPSHOT), ...lines].join('\n')}\n`);
  return runDepth(
    await prepareDepth({
      ...{ klines: [], symbol: ['BTCUSDT'], set: [], config: join(ROOT, 'config.json'), balance: [], funding: [], leverage: 20 },
      ...{ intrabar: 'worst-first', takerCost: 0.5, phase: 0, naive: false, seed: 1, tape: file },
    }),
  );
}

test.each([
  ['lines that are out of order', [depth(5_000, [11, 12, 10]), best(2_000)], 'line 4: was received 3000 ms before a line above it'],
  ['best prices that are none', [best(20), best(30, { price: 'x' })], 'line 4: stream "x": best prices need'],
  ['a line that is none', [best(20), 'garbage'], 'line 4: not "<receive time in ns> <JSON object>"'],
])('%s end the reading with one line', async (_name, lines, problem) => {
  await expect(played(lines)).rejects.toThrow(problem);
});

test('lines that streams side by side put a little out of order are taken', async () => {
  expect((await played([best(500), best(20), depth(600, [11, 12, 10])])).meta.records).toBe(5);
});

test('what is missing is listed: a break in the chain, silence, and depth that stays away while the rest goes on', async () => {
  const beats = (fromMs: number, toMs: number): readonly string[] =>
    Array.from({ length: (toMs - fromMs) / 500 + 1 }, (_, n) => best(fromMs + n * 500));
  const { gaps } = await played([
    ...[depth(100, [11, 12, 10]), depth(200, [14, 15, 13])],
    ...[...beats(1_000, 7_000), depth(7_100, [16, 17, 15])],
    ...[best(13_000), ...beats(13_500, 19_000)],
  ]);
  expect(gaps.map(({ fromMs, toMs, what }) => [Math.round(fromMs - START_MS), Math.round(toMs - START_MS), what])).toEqual([
    [100, 200, 'the chain of depth updates is broken'],
    [200, 7_100, 'no depth was received'],
    [7_100, 13_000, 'nothing was received'],
    [7_100, 19_000, 'no depth was received'],
  ]);
});

test('frames of a symbol that was not asked for are counted', async () => {
  const own = Array.from({ length: 250 }, (_, n) => best(10 + n)); // by then it is told whose the snapshot is, which does not name its symbol
  const strange = [best(300, { symbol: 'ETHUSDT' }), best(301, { symbol: 'ETHUSDT' })];
  const { meta } = await played([...own, ...strange, depth(400, [11, 12, 10])]);
  expect([meta.records, meta.assumptions['left out']]).toEqual([253, '2 frames of ETHUSDT']);
});
