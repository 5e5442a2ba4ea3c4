import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTapeFile } from '../../../shared/io/tape-reader.ts';
import type { TapeRecord, TapeSource } from '../../../shared/tape.ts';
import { Replayer } from '../../../scripts/lib/replay/replayer.ts';
import { API_KEY } from '../../../scripts/soak/acts.ts';
import { CONFIG } from '../../kit/order-side.ts';
import { SECRET } from '../../kit/sim-client.ts';
import { WireGateway } from '../../kit/wire-gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmbot-tapes-'));
let records: TapeRecord[] = [];
let filled = '';

/** A session with a quote that is cancelled and an order that takes. */
beforeAll(async () => {
  await using wire = await WireGateway.open({ tapes: folder });
  const quote = wire.place({ side: 'buy', behind: 50, size: '0.010' });
  const taker = wire.place({ side: 'sell', behind: -20, size: '0.002', timeInForce: 'ioc' });
  wire.send(quote);
  await wire.run(500);
  wire.send(taker);
  await wire.run(500);
  wire.send({ id: 1, type: 'cancel', clientId: quote.clientId });
  await wire.run(1_500);
  filled = taker.clientId;
  expect([wire.status(quote.clientId), wire.status(filled)]).toEqual(['canceled', 'filled']);
  await wire[Symbol.asyncDispose]();
  const [file = ''] = readdirSync(folder);
  for await (const block of readTapeFile(join(folder, file))) records = [...records, ...block];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const of = (source: TapeSource, name = ''): readonly TapeRecord[] =>
  records.filter((record) => record.source === source && record.name.includes(name));

test('a session is on the tape: what was heard, asked, answered, decided, written down and given out', () => {
  for (const route of ['public', 'market', 'private']) expect(of('stream', `${route}#`).length, route).toBeGreaterThan(0);
  expect(of('rest', '200 GET /fapi/v1/depth?symbol=BTCUSDT')).toHaveLength(1);
  expect(of('command', 'brain').map(({ raw }) => JSON.parse(raw).type)).toEqual(expect.arrayContaining(['place', 'cancel', 'heartbeat']));
  expect(of('answer', 'brain')).toHaveLength(of('command', 'brain').length);
  expect(JSON.parse(of('command', 'brain').find(({ raw }) => raw.includes(filled))?.raw ?? '').basedOn).toMatchObject({
    seq: expect.any(Number),
  });
  const states = of('ledger').flatMap(({ raw }) => JSON.parse(raw).orders ?? []);
  expect(states.filter(({ clientId }) => clientId === filled).map(({ status }) => status)).toEqual(
    expect.arrayContaining(['sent', 'filled']),
  );
  expect(of('published').length).toBeGreaterThan(20);
  expect(of('instruments').map(({ raw }) => JSON.parse(raw).BTCUSDT.tickSize)).toEqual(['0.10']);
});

test('no secret is on the tape: no key, no signature, no key of a stream', () => {
  const text = records.map(({ name, raw }) => `${name} ${raw}`).join('\n');
  expect(text).not.toContain(API_KEY);
  expect(text).not.toContain(SECRET);
  expect(text).not.toMatch(/signature=(?!\(hidden\))/);
  expect(text).not.toMatch(/"listenKey":"(?!\(hidden\))/);
  expect(text).toMatch(/signature=\(hidden\)/); // they were there to be hidden
  expect(text).toMatch(/"listenKey":"\(hidden\)/);
});

test('a file that follows begins with contracts and whole books, and can be replayed alone', async () => {
  const own = mkdtempSync(join(tmpdir(), 'mmbot-tapes-'));
  await using wire = await WireGateway.open({ tapes: own, config: { ...CONFIG, record: { ...CONFIG.record, fileMs: 60_000 } } });
  await wire.run(62_000);
  await wire[Symbol.asyncDispose]();
  const files = readdirSync(own).sort();
  expect(files).toHaveLength(2);
  const second = (await Array.fromAsync(readTapeFile(join(own, files[1] ?? '')))).flat();
  expect(second.slice(0, 4).map(({ source }) => source)).toEqual(['head', 'clock', 'instruments', 'book']);
  const book = JSON.parse(second[3]?.raw ?? '');
  expect(Math.min(book.bids.length, book.asks.length)).toBeGreaterThan(50);
  const replayer = new Replayer();
  const closed = second.findIndex(({ source, raw }) => source === 'connection' && raw.includes('closed'));
  for (const record of closed < 0 ? second : second.slice(0, closed)) replayer.take(record);
  expect(replayer.books()).toMatchObject([{ symbol: 'BTCUSDT', status: 'live' }]);
  expect(replayer.market.counters('BTCUSDT')).toMatchObject({ gaps: 0 });
  rmSync(own, { recursive: true, force: true });
});
