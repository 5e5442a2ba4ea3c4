import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTrade, TradeRow } from '../../brain/news.ts';
import { TradeDoc } from '../../shared/snapshot.ts';
import { tradeDoc } from '../kit/brain.ts';

test('readTrade() says what the schema says', () => {
  const whole = tradeDoc(1);
  expect(readTrade(JSON.stringify(whole))).toEqual(TradeDoc.parse(whole));
  const broken = [...Object.keys(whole).map((key) => ({ ...whole, [key]: {} })), { ...whole, aggressor: 'both' }, null, 5, []];
  for (const one of broken) expect([readTrade(JSON.stringify(one)), TradeDoc.safeParse(one).success]).toEqual([null, false]);
  expect(readTrade('no JSON')).toBeNull();
});

const numbers = (row: TradeRow): number[] => row.take().rows.map(({ n }) => n);

test('trades of another run of the gateway follow nothing, and those of an older one are passed over', () => {
  const row = new TradeRow();
  row.add([tradeDoc(8)]);
  const before = row.take();
  row.add([tradeDoc(9, { epoch: 4 }), tradeDoc(9)]);
  const after = row.take();
  expect([after.rows, after.from === before.to]).toEqual([[tradeDoc(9, { epoch: 4 })], false]);
});

test('trades of the gateway that answers us are taken, though the one before it counted from above', () => {
  const row = new TradeRow();
  row.add([tradeDoc(8, { epoch: 900_123 }), tradeDoc(1, { epoch: 4 })]);
  row.follow(4);
  row.add([tradeDoc(2, { epoch: 4 }), tradeDoc(3, { epoch: 4 })]);
  expect(row.take().rows.map(({ epoch, n }) => [epoch, n])).toEqual([
    [4, 2],
    [4, 3],
  ]);
});

test('a reader that never comes costs no memory, and sees that it has missed some', () => {
  const row = new TradeRow();
  row.add([tradeDoc(1)]);
  const { to } = row.take();
  row.add(Array.from({ length: 2_500 }, (_, n) => tradeDoc(n + 2)));
  const late = row.take();
  expect([late.rows.length <= 2_000, late.from === to]).toEqual([true, false]);
});

/** What arrives by either route, in the order it arrives; a number may be lost, come twice, or come by both. */
const arrivals = fc.array(fc.record({ skip: fc.constantFrom(0, 0, 0, 1, 3), again: fc.boolean(), read: fc.boolean() }), { maxLength: 40 });

test('each trade is told once and in order; whoever reads on from its last place has missed none', () => {
  fc.assert(
    fc.property(arrivals, (steps) => {
      const row = new TradeRow();
      const [told, sent]: [number[], number[]] = [[], []];
      let [n, place, from]: [number, number | null, number] = [0, null, 0];
      for (const { skip, again, read } of steps) {
        n += 1 + skip;
        sent.push(n);
        row.add(again ? [tradeDoc(n), tradeDoc(n), ...sent.slice(-3).map((old) => tradeDoc(old))] : [tradeDoc(n)]);
        if (!read) continue;
        const news = row.take();
        const got = news.rows.map((trade) => trade.n);
        if (news.from === place) expect(got).toEqual(Array.from({ length: n - from }, (_, i) => from + 1 + i));
        told.push(...got);
        [place, from] = [news.to, n];
      }
      told.push(...numbers(row));
      expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
      expect(sent).toEqual(expect.arrayContaining(told));
    }),
  );
});
