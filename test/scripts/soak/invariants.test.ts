import { expect, test } from 'vitest';
import {
  acceptedTwice,
  beyondLimit,
  fillsThatDiffer,
  type Look,
  notInLedger,
  type OpenOrder,
  sentBlind,
} from '../../../scripts/soak/invariants.ts';
import { makeClientId, type Role } from '../../../shared/client-id.ts';

const id = (counter: number, role: Role = 'quote') => makeClientId({ role, epoch: 1, counter });
const open = (over: Partial<OpenOrder> = {}): OpenOrder => ({
  clientOrderId: id(1),
  symbol: 'BTCUSDT',
  side: 'BUY',
  price: '60000.00',
  origQty: '0.010',
  executedQty: '0.000',
  reduceOnly: false,
  ...over,
});

test('acceptedTwice() tells ids of ours that came twice, and leaves those of others alone', () => {
  expect(acceptedTwice([id(1), id(2), 'web_1', 'web_1'])).toEqual([]);
  expect(acceptedTwice([id(1), id(2), id(1), id(1)])).toEqual([`client id ${id(1)} was accepted twice by the exchange`]);
});

test('notInLedger() tells orders of ours without a row, not those of others', () => {
  const orders = [open(), open({ clientOrderId: id(2) }), open({ clientOrderId: 'web_1' })];
  expect(notInLedger(orders, (clientId) => clientId === id(1))).toEqual([expect.stringContaining(id(2))]);
});

test('fillsThatDiffer() tells what is missing on either side', () => {
  const fill = (tradeId: string) => ({ symbol: 'BTCUSDT', tradeId });
  expect(fillsThatDiffer([fill('1'), fill('2')], [fill('2'), fill('1')])).toEqual([]);
  expect(fillsThatDiffer([fill('1')], [fill('2')])).toEqual([
    'fill BTCUSDT 1 of the exchange is not in the ledger',
    "fill BTCUSDT 2 of the ledger is not the exchange's",
  ]);
});

test.each([
  ['what rests of one side is within', 0.09, [open()], false],
  ['the filled part counts no more', 0.095, [open({ executedQty: '0.005' })], false],
  ['what rests leads beyond', 0.095, [open()], true],
  ['the other side reduces', 0.095, [open({ side: 'SELL' })], false],
  ['a short position', -0.095, [open({ side: 'SELL' })], true],
  ['a reduce-only order raises nothing', 0.1, [open({ reduceOnly: true })], false],
  ['orders of others are theirs', 0.095, [open({ clientOrderId: 'web_1' })], false],
  ['the position itself', -0.2, [], true],
] as const)('beyondLimit(): %s', (_name, position, orders, beyond) => {
  expect(beyondLimit({ symbol: 'BTCUSDT', position, open: orders, limit: 0.1 })).toHaveLength(beyond ? 1 : 0);
});

const look = (seenMs: number, over: Partial<Look> = {}): Look => ({
  seenMs,
  epoch: 1,
  seq: seenMs / 100,
  symbol: 'BTCUSDT',
  live: false,
  updateId: 5,
  ...over,
});
const sent = (sentWallMs: number) => ({ clientId: id(1), symbol: 'BTCUSDT', role: 'quote', reduceOnly: false, sentWallMs });

test.each([
  ['between two looks at a book that is not live', [look(1_000), look(1_100), look(1_200)], sent(1_105), true],
  ['in what the newer look may not tell of', [look(1_000), look(1_100)], sent(1_090), false],
  ['while it was live', [look(1_000, { live: true }), look(1_200, { live: true })], sent(1_100), false],
  ['with a publication missed between', [look(1_000), look(1_500)], sent(1_100), false],
  ['with an update between', [look(1_000), look(1_200, { seq: 11, updateId: 6 })], sent(1_050), false],
  ['by another life of the gateway', [look(1_000), look(1_200, { seq: 11, epoch: 2 })], sent(1_050), false],
  ['on another symbol', [look(1_000), look(1_200, { seq: 11 })], { ...sent(1_050), symbol: 'ETHUSDT' }, false],
  ['to close', [look(1_000), look(1_200, { seq: 11 })], { ...sent(1_050), clientId: id(1, 'close') }, false],
] as const)('sentBlind(): sent %s', (_name, looks, order, blind) => {
  expect(sentBlind(looks, [order], { publishedEveryMs: 90 })).toHaveLength(blind ? 1 : 0);
});
