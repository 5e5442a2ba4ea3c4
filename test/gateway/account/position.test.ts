import { expect, test } from 'vitest';
import { FLAT, RunningPosition, type Trade } from '../../../gateway/account/position.ts';
import { readRow, writeRow } from '../../../gateway/io/row-text.ts';
import type { Side } from '../../../shared/order.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { instrument } from '../../kit/orders.ts';

const trade = (id: number, side: Side, size: number): Trade => ({
  ...{ tradeId: String(id), side, price: ticks(600_000), size: lots(size), atMs: 1_000 * id },
});
const opened = (id: number) => ({ tradeId: String(id), atMs: 1_000 * id });
const held = (...trades: readonly Trade[]): RunningPosition => {
  const running = new RunningPosition(instrument(), { base: FLAT, tail: [] });
  for (const each of trades) running.add(each);
  return running;
};

test.each<[string, readonly Trade[], ReturnType<typeof opened> | null]>([
  ['none while flat', [], null],
  ['the trade that took it away from flat', [trade(1, 'buy', 3)], opened(1)],
  ['the same while it grows and shrinks', [trade(1, 'buy', 3), trade(2, 'buy', 4), trade(3, 'sell', 6)], opened(1)],
  ['none when flat again', [trade(1, 'buy', 3), trade(2, 'sell', 3)], null],
  ['the next one after that', [trade(1, 'buy', 3), trade(2, 'sell', 3), trade(3, 'buy', 3)], opened(3)],
  ['the trade that took it through flat', [trade(1, 'buy', 3), trade(2, 'sell', 5)], opened(2)],
  ['of a short the same way', [trade(1, 'sell', 3), trade(2, 'sell', 1)], opened(1)],
  ['an earlier one that was told late', [trade(2, 'buy', 3), trade(1, 'buy', 1)], opened(1)],
  ['the later one when a close between was told late', [trade(1, 'buy', 3), trade(3, 'buy', 2), trade(2, 'sell', 3)], opened(3)],
])('RunningPosition tells the opening: %s', (_name, trades, want) => {
  expect(held(...trades).holding.opening).toEqual(want);
});

test('RunningPosition knows no opening of what the venue states against the fills, until it is flat', () => {
  const running = held(trade(1, 'buy', 3));
  running.correct({ size: lots(5), entryPrice: '60000' });
  expect(running.holding.opening).toBeNull();
  running.add(trade(2, 'buy', 1));
  expect(running.holding.opening).toBeNull();
  running.add(trade(3, 'sell', 6));
  running.add(trade(4, 'sell', 2));
  expect(running.holding.opening).toEqual(opened(4));
});

test('an opening is kept with its row over a restart; a row of an earlier version has none', () => {
  const { holding } = held(trade(1, 'buy', 3));
  expect(new RunningPosition(instrument(), { base: readRow(writeRow(holding)), tail: [] }).holding).toEqual(holding);
  const { opening: _, ...older } = holding;
  const running = new RunningPosition(instrument(), { base: readRow(writeRow(older)), tail: [] });
  running.add(trade(2, 'buy', 3));
  expect(running.holding.opening).toBeNull();
});
