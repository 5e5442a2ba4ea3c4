import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordsOf } from '../../../../scripts/lib/replay/records.ts';
import { Replayer } from '../../../../scripts/lib/replay/replayer.ts';
import { inspectLines, summaryLines } from '../../../../scripts/lib/replay/screen.ts';
import { lineOf, Weave } from '../../../../scripts/sim/own-tape.ts';
import { readTape } from '../../../../scripts/sim/tape-file.ts';
import { formatPrice, formatSize } from '../../../../shared/instrument.ts';
import { TapeBook } from '../../../kit/tape-book.ts';
import type { TapeRecord } from '../../../../shared/tape.ts';
import { recorded } from '../../../kit/data.ts';
import { WireGateway } from '../../../kit/wire-gateway.ts';

const SYMBOL = 'BTCUSDT';
const folder = mkdtempSync(join(tmpdir(), 'mmbot-replay-'));
let records: readonly TapeRecord[] = [];
let ended = { bids: [] as string[][], lastUpdateId: 0, position: '', filled: '' };

/** A session that trades, with what the gateway held at its end. */
beforeAll(async () => {
  await using wire = await WireGateway.open({ tapes: folder });
  const filled = wire.place({ side: 'buy', behind: -20, size: '0.004', timeInForce: 'ioc' });
  const quote = wire.place({ side: 'buy', behind: 60, size: '0.010' });
  wire.send(filled);
  wire.send(quote);
  await wire.run(1_000);
  wire.send({ id: 1, type: 'cancel', clientId: quote.clientId });
  await wire.run(1_500);
  const { venue, keeper } = wire.gateway.core;
  const instrument = venue.instruments.get(SYMBOL);
  if (!instrument) throw new Error('There is no contract');
  const { book, lastUpdateId } = venue.market.book(SYMBOL);
  const bids = Array.from({ length: 20 }, (_, i) => {
    const price = book.bids.priceAt(i);
    return [price === null ? '' : formatPrice(instrument, price), formatSize(instrument, book.bids.sizeAt(i))];
  });
  ended = { bids, lastUpdateId, position: formatSize(instrument, keeper.ledger.positions.row(SYMBOL).size), filled: filled.clientId };
  await wire[Symbol.asyncDispose]();
  const [file = ''] = readdirSync(folder);
  records = await Array.fromAsync(recordsOf(join(folder, file))).then((blocks) => blocks.flat());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function replay(some: readonly TapeRecord[]): Replayer {
  const replayer = new Replayer();
  for (const record of some) replayer.take(record);
  return replayer;
}

/** Of the stream that was open to the last: its closing makes the book stale. */
const untilClosed = (): readonly TapeRecord[] => {
  const at = records.findIndex(({ source, raw }) => source === 'connection' && raw.includes('closed'));
  return at < 0 ? records : records.slice(0, at);
};

test('the cores end where they ended live: book, orders, position; and ledger and stream agree', () => {
  const replayer = replay(untilClosed());
  const [book] = replayer.books();
  expect(book).toMatchObject({ status: 'live', lastUpdateId: ended.lastUpdateId });
  expect(book?.bids.slice(0, 20)).toEqual(ended.bids);
  expect(replayer.account.orders.get(ended.filled)).toMatchObject({ status: 'filled', filled: '0.004' });
  expect(replayer.account.positions.get(SYMBOL)?.size).toBe(ended.position);
  expect(ended.position).toBe('0.004');
  expect(replayer.account.disagreements()).toEqual([]);
  expect(replayer.gaps).toEqual([]);
});

test('the same tape has the same hash twice, and one record less another', () => {
  const hash = replay(records).hash();
  expect(replay(records).hash()).toBe(hash);
  const frame = records.findLastIndex(({ source, name }) => source === 'stream' && name.startsWith('public#'));
  expect(replay(records.toSpliced(frame, 1)).hash()).not.toBe(hash);
});

test('at any moment the book, the orders and the reasons can be looked at', () => {
  const at = records.findIndex(({ source, raw }) => source === 'ledger' && raw.includes('"status":"open"'));
  const replayer = replay(records.slice(0, at + 1));
  expect(inspectLines(replayer, { what: 'orders', symbol: SYMBOL }).join('\n')).toMatch(/open\s+\d+\.\d+\s+0\.010/);
  expect(inspectLines(replayer, { what: 'book', symbol: null })[0]).toBe('BTCUSDT live');
  expect(inspectLines(replayer, { what: 'reasons', symbol: SYMBOL }).join('\n')).toMatch(
    /command brain: place BTCUSDT buy 0\.004 at .* on 1:\d+/,
  );
  expect(inspectLines(replayer, { what: 'orders', symbol: 'ETHUSDT' })).toEqual(['no orders']);
  for (const line of summaryLines(replayer, { until: null, hash: replayer.hash() })) expect(line.length).toBeLessThanOrEqual(80);
});

test('a hole in the tape breaks the chain openly: nobody quotes on what was missed', () => {
  const at = records.findLastIndex(({ source }) => source === 'published');
  const gap: TapeRecord = {
    ...{ atMs: records[at]?.atMs ?? 0, source: 'gap', name: 'queue-full' },
    raw: JSON.stringify({ reason: 'queue-full', records: 7, bytes: null, fromMs: null, toMs: null }),
  };
  const replayer = replay([...records.slice(0, at), gap]);
  expect(replayer.books()[0]).toMatchObject({ status: 'stale', reason: 'tape-gap' });
  expect(summaryLines(replayer, { until: null, hash: '' }).join('\n')).toContain('queue-full, 7 records');
});

test('a file that begins in the middle goes on from the book that was kept in it', () => {
  const from = records.findIndex(({ source }) => source === 'published') + 10;
  const before = replay(records.slice(0, from)).books()[0];
  const kept: TapeRecord = {
    atMs: records[from]?.atMs ?? 0,
    source: 'book',
    name: SYMBOL,
    raw: JSON.stringify({ ...before, E: 1, known: [null, null] }),
  };
  const head = records.filter(({ source }) => source === 'head' || source === 'instruments');
  const rest = untilClosed().slice(from);
  expect(replay([...head, kept, ...rest]).books()[0]).toMatchObject({ status: 'live', lastUpdateId: ended.lastUpdateId });
});

test('a recording that begins with a kept book stitches, too', () => {
  const weave = new Weave();
  const at = records.findIndex(({ source }) => source === 'published') + 10;
  const before = replay(records.slice(0, at)).books()[0];
  const kept: TapeRecord = { atMs: 1, source: 'book', name: SYMBOL, raw: JSON.stringify(before) };
  const book = new TapeBook();
  for (const record of [kept, ...untilClosed().slice(at)]) {
    const line = lineOf(record);
    if (line === 'skip' || 'problem' in line) continue;
    for (const { frame } of weave.take(line, record.name)) {
      if (frame.kind === 'snapshot') book.onSnapshot(frame);
      if (frame.kind === 'depth') expect(book.onDiff(frame)).toBe('applied');
    }
  }
  expect(book.lastUpdateId).toBe(ended.lastUpdateId);
});

test('readTape() reads the same tape as a recording: its frames stitch to the same book', async () => {
  const book = new TapeBook();
  for await (const frame of readTape(folder)) {
    if (frame.kind === 'snapshot') book.onSnapshot(frame);
    if (frame.kind === 'depth') expect(book.onDiff(frame)).not.toBe('gap');
  }
  expect(book.lastUpdateId).toBe(ended.lastUpdateId);
  expect(book.top(20)?.bids).toEqual(ended.bids);
});

const RECORDING = recorded('book/binance-usdm/SUSHI-AKRO-KEEP-CTK_20210722.jsonl.gz');
test.skipIf(RECORDING === null)('a recording of another format is replayed, too', async () => {
  const all = await Array.fromAsync(recordsOf(RECORDING ?? '')).then((blocks) => blocks.flat());
  const replayer = replay(all);
  expect(replayer.books().map(({ symbol, status }) => [symbol, status])).toEqual(
    ['SUSHIUSDT', 'AKROUSDT', 'KEEPUSDT', 'CTKUSDT'].map((symbol) => [symbol, 'live']),
  );
  expect(replayer.hash()).toBe(replay(all).hash());
});
