import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTape, scanTape, TapeProblem } from '../../../scripts/sim/tape-file.ts';
import type { TapeFrame } from '../../../shared/sim/market.ts';
import { type DiffOutcome, TapeBook } from '../../kit/tape-book.ts';
import { recorded } from '../../kit/data.ts';

const BTC = recorded('book/binance-usdm/BTCUSDT_20240808.raw.gz');
const SUSHI = recorded('book/binance-usdm/SUSHI-AKRO-KEEP-CTK_20210722.jsonl.gz');
const COIN = recorded('book/binance-coinm/BTCUSD_PERP_20240808.raw.gz');
const OKX = recorded('book/okx/okx-v5_books_20220513.jsonl.gz');
const BYBIT = recorded('book/bybit/bybit-v5_XRPUSDT_orderbook500_20241201.jsonl.gz');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tape-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, bytes: Uint8Array | string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, bytes);
  return file;
}

/** All frames and the problem, if any. */
async function readAll(file: string): Promise<{ frames: TapeFrame[]; problem: string | null }> {
  const frames: TapeFrame[] = [];
  try {
    for await (const frame of readTape(file)) frames.push(frame);
  } catch (fault) {
    if (!(fault instanceof TapeProblem)) throw fault;
    return { frames, problem: fault.message };
  }
  return { frames, problem: null };
}

test.skipIf(!BTC)('scanTape() tells what is in the BTCUSDT recording', async () => {
  const scan = await scanTape(BTC ?? '');
  expect(scan).toMatchObject({
    format: 'collector',
    frames: 93_954,
    counts: { depth: 6_551, best: 66_089, trade: 21_313, snapshot: 1, kline: 0 },
  });
  expect(scan.symbols).toEqual([
    {
      symbol: 'BTCUSDT',
      frames: 93_954,
      priceDecimals: 1,
      qtyDecimals: 3,
      lastBest: { bid: ['61659.70', '1.486'], ask: ['61659.80', '0.981'] },
    },
  ]);
  expect(Math.round((scan.lastMs - scan.firstMs) / 1_000)).toBe(345);
});

test.skipIf(!BTC)('readTape() of the BTCUSDT recording stitches without a gap to the final best prices', async () => {
  const book = new TapeBook();
  const outcomes: Record<DiffOutcome, number> = { buffered: 0, dropped: 0, applied: 0, gap: 0 };
  let [lastMs, backward, firstError] = [0, 0, Number.NaN];
  for await (const frame of readTape(BTC ?? '')) {
    if (frame.atMs < lastMs) backward += 1;
    lastMs = frame.atMs;
    if (Number.isNaN(firstError)) firstError = frame.atMs - Number(/"E":(\d+)/.exec(frame.raw)?.[1]);
    if (frame.kind === 'snapshot') book.onSnapshot(frame);
    if (frame.kind === 'depth') outcomes[book.onDiff(frame)] += 1;
  }
  expect([backward, outcomes.gap, outcomes.dropped, outcomes.buffered + outcomes.applied]).toEqual([0, 0, 0, 6_551]);
  expect(book.best()).toEqual({ bid: ['61659.70', '1.486'], ask: ['61659.80', '0.981'] });
  expect(Math.abs(firstError)).toBeLessThan(100); // the recorder's clock was 1,270 ms behind
});

test.skipIf(!SUSHI)('readTape() of the 2021 recording keeps four books apart', async () => {
  const scan = await scanTape(SUSHI ?? '');
  expect(scan.counts).toEqual({ depth: 764, best: 613, trade: 91, kline: 67, snapshot: 4 });
  expect(scan.symbols.map(({ symbol, priceDecimals, qtyDecimals }) => [symbol, priceDecimals, qtyDecimals])).toEqual([
    ['SUSHIUSDT', 3, 0],
    ['AKROUSDT', 5, 0],
    ['KEEPUSDT', 4, 0],
    ['CTKUSDT', 5, 0],
  ]);
  const books = new Map(scan.symbols.map(({ symbol }) => [symbol, new TapeBook()]));
  for await (const frame of readTape(SUSHI ?? '')) {
    const book = books.get(frame.symbol);
    if (frame.kind === 'snapshot') book?.onSnapshot(frame);
    if (frame.kind === 'depth') expect(book?.onDiff(frame)).not.toBe('gap');
  }
  for (const book of books.values()) expect(Number(book.best().bid?.[0])).toBeLessThan(Number(book.best().ask?.[0]));
});

test.skipIf(!COIN)('scanTape() reads the COIN-M recording', async () => {
  expect(await scanTape(COIN ?? '')).toMatchObject({
    frames: 48_270,
    symbols: [{ symbol: 'BTCUSD_PERP', lastBest: { bid: ['61668.6', '1380'] } }],
  });
});

test.skipIf(!OKX || !BYBIT)('readTape() refuses the recordings of other exchanges', async () => {
  expect((await readAll(OKX ?? '')).problem).toBe(`${OKX}: line 5: "msg" is not a {"stream","data"} message of Binance`);
  expect((await readAll(BYBIT ?? '')).problem).toBe(`${BYBIT}: line 1: neither a raw collector nor a JSON-lines recording`);
});

const trade = (n: number): string =>
  `${1_723_161_255_000_000_000n + BigInt(n) * 1_000_000n} {"stream":"btcusdt@trade","data":{"e":"trade","E":${1_723_161_255_500 + n},"s":"BTCUSDT","t":${n},"p":"${60_000 + ((n * 7_919) % 1_000)}.${n % 10}0","q":"0.00${(n % 9) + 1}","m":${n % 3 === 0}}}\n`;
const TEXT = Array.from({ length: 20_000 }, (_, n) => trade(n)).join('');

test('readTape() reads plain and gzip, with and without a last newline, and several gzip members', async () => {
  const plain = await readAll(await written('plain.raw', TEXT));
  expect([plain.problem, plain.frames.length]).toEqual([null, 20_000]);
  expect(plain.frames[0]).toMatchObject({ atMs: 1_723_161_255_500, symbol: 'BTCUSDT', tradeId: '0' });
  expect(await readAll(await written('whole.raw.gz', gzipSync(TEXT)))).toEqual(plain);
  expect(await readAll(await written('unended.raw.gz', gzipSync(TEXT.trimEnd())))).toEqual(plain);
  const half = TEXT.indexOf('\n', TEXT.length / 2) + 1;
  expect(
    await readAll(await written('members.raw.gz', Buffer.concat([gzipSync(TEXT.slice(0, half)), gzipSync(TEXT.slice(half))]))),
  ).toEqual(plain);
});

test.each([0.1, 0.5, 0.9, 0.999])('readTape() of a gzip cut at %d tells all that is readable, then the problem', async (part) => {
  const zipped = gzipSync(TEXT);
  const { frames, problem } = await readAll(await written(`cut-${part}.raw.gz`, zipped.subarray(0, Math.floor(zipped.length * part))));
  expect(problem).toBe(`${folder}/cut-${part}.raw.gz: line ${frames.length}: the gzip data ends early: the file is truncated`);
  expect(frames.length).toBeGreaterThan(20_000 * part * 0.8);
  expect(frames.at(-1)).toMatchObject({ tradeId: `${frames.length - 1}` });
});

test('readTape() tells a bad line after the good ones', async () => {
  const file = await written('bad.raw', `${trade(0)}${trade(1)}oops\n${trade(2)}`);
  const { frames, problem } = await readAll(file);
  expect([frames.length, problem]).toEqual([2, `${file}: line 3: not "<receive time in ns> <JSON object>"`]);
});

test('readTape() tells a line cut off in a plain file', async () => {
  const file = await written('cut.raw', `${trade(0)}${trade(1).slice(0, 60)}`);
  const { frames, problem } = await readAll(file);
  expect([frames.length, problem]).toEqual([1, `${file}: line 2: not "<receive time in ns> <JSON object>"`]);
});

test('readTape() tells broken gzip data', async () => {
  const zipped = gzipSync(TEXT);
  zipped.fill(0xff, zipped.length >> 1, (zipped.length >> 1) + 200);
  const { frames, problem } = await readAll(await written('broken.raw.gz', zipped));
  expect(problem).toMatch(/broken\.raw\.gz: line \d+: /);
  expect(frames.length).toBeGreaterThan(5_000);
});

test.each([
  ['a missing file', null, 'there is no such file'],
  ['an empty file', '', 'holds no market data'],
  ['a file of another kind', 'open_time,open\n1,2\n', 'line 1: neither a raw collector nor a JSON-lines recording'],
  ['a tape without market data', '{"t":1.5,"kind":"open","url":"wss://x"}\n', 'holds no market data'],
])('scanTape() refuses %s with one line', async (name, content, problem) => {
  const file = content === null ? join(folder, 'missing') : await written(name.replaceAll(' ', '-'), content);
  await expect(scanTape(file)).rejects.toThrow(new TapeProblem(`${file}: ${problem}`));
});

test('scanTape() of a folder without tapes says so', async () => {
  await expect(scanTape(folder)).rejects.toThrow(new TapeProblem(`${folder}: holds no tape: none of its files is named ….tape.zst`));
});
