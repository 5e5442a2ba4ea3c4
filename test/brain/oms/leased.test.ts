import { expect, test } from 'vitest';
import { isLeased } from '../../../brain/oms/leased.ts';
import { stillPending } from '../../../brain/oms/working.ts';
import { initialState, step } from '../../../brain/step.ts';
import { marketMaking } from '../../../brain/strategy/market-making.ts';
import { MarketMakingParameters } from '../../../shared/config.ts';
import { monoMs } from '../../../shared/units.ts';
import { documents, onlyOne, orderDoc, ordersDoc, px, qty, runWith, settings, turn } from '../../kit/brain.ts';
import { id } from '../../kit/orders.ts';

test.each([
  [7, 7, undefined, true],
  [6, 7, undefined, false],
  [6, 7, 5, true],
  [4, 7, 5, false],
  [8, 7, 5, false], // of a lease after ours: the gateway has another brain
])('an order of epoch %d under lease %d that inherits from %s: %s', (epoch, brainEpoch, inheritsFrom, held) => {
  const header = { brainEpoch, ...(inheritsFrom === undefined ? {} : { inheritsFrom }) };
  expect(isLeased(id(1, { epoch }), header)).toBe(held);
});

test("an order of another program is nobody's lease", () => {
  expect(isLeased('web_1', { brainEpoch: 7, inheritsFrom: 0 })).toBe(false);
});

const maker = marketMaking(
  MarketMakingParameters.parse({ spreadBps: 2, skewBps: 1, orderSize: '0.010', maxInventory: '0.050', refreshToleranceBps: 0.2 }),
);
const wanted = [
  { side: 'buy', price: '59994.00' },
  { side: 'sell', price: '60006.10' },
] as const;
const rows = (prices: readonly string[]) =>
  wanted.map(({ side }, n) => orderDoc({ clientId: id(n + 1, { epoch: 4 }), side, price: prices[n] ?? null }));
const RUNS = [runWith(maker)];
const decide = (prices: readonly string[], head: object) =>
  onlyOne(
    step(initialState(settings(RUNS)), {
      settings: settings(RUNS),
      turn: turn(documents({ head: { brainEpoch: 7, ...head }, docs: { orders: ordersDoc(rows(prices)) } })),
    }),
  ).commands.map(({ kind }) => kind);

test('inherited quotes are taken up: one that stands right is left alone, one that does not is moved, and none is placed twice', () => {
  expect(decide(['59994.00', '60006.10'], { inheritsFrom: 4 })).toEqual([]);
  expect(decide(['59994.00', '60010.00'], { inheritsFrom: 4 })).toEqual(['amend']);
  expect(decide(['59994.00', '60006.10'], {}).slice(0, 2)).toEqual(['cancel', 'cancel']); // not inherited: somebody else's lease
});

test('a command about an inherited order counts until a snapshot shows it, although its id is of an older lease', () => {
  const command = {
    kind: 'amend',
    strategy: 'mm',
    symbol: 'BTCUSDT',
    clientId: id(1, { epoch: 4 }),
    price: px('59990.00'),
    size: qty('0.010'),
  } as const;
  const pending = { command, role: 'quote', sentAt: monoMs(0), visibleFrom: 60, lease: 7 } as const;
  const overlay = { seq: 55, lease: 7, now: monoMs(100), ttlMs: 500 };
  expect(stillPending({ ...overlay, pending: [pending] })).toEqual([pending]);
  expect(stillPending({ ...overlay, lease: 8, pending: [pending] })).toEqual([]);
});
