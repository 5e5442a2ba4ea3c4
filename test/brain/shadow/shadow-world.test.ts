/** A shadow's made-up account, from what it wants to what it would have got. */
import { describe, expect, test } from 'vitest';
import { moneyOf, moneyText } from '../../../brain/shadow/shadow-world.ts';
import { netOf } from '../../../brain/shadow/shadow-money.ts';
import { formatAtoms } from '../../../shared/units.ts';
import { bookDoc, SYMBOL } from '../../kit/brain.ts';
import { quote, to, wish } from '../../kit/runs.ts';
import { ShadowDesk } from '../../kit/shadow.ts';

const BID = quote('buy', '60000.00');
const quoting = (...quotes: ReturnType<typeof quote>[]) => {
  const desk = new ShadowDesk();
  desk.puppet.wish = wish({ quotes });
  return desk;
};
const sold = (price: string, size: string) => ({ price, size, aggressor: 'sell' as const });
const told = ({ fills }: ReturnType<ShadowDesk['take']>) =>
  fills.map(({ side, size, price, maker, fee }) => `${side} ${size} at ${price} ${maker ? 'maker' : 'taker'} ${fee}`);

describe('an order that rests', () => {
  test('waits for those before it from the snapshot after the one it was decided on, then fills at its own price for the maker fee', () => {
    const desk = quoting(BID);
    expect(desk.take().intents).toEqual([{ symbol: SYMBOL, kind: 'place', side: 'buy', price: '60000.00', size: '0.010', reason: 'told' }]);
    expect(told(desk.take({ trades: [sold('60000.00', '5.000')] }))).toEqual([]); // on its way yet: now it joins behind 1.000
    expect(told(desk.take({ trades: [sold('60000.00', '0.999')] }))).toEqual([]);
    expect(told(desk.take({ trades: [sold('60000.00', '0.005')] }))).toEqual(['buy 0.004 at 60000.00 maker 0.048']);
    expect(desk.puppet.last.orders.map(({ status, filled }) => [status, filled])).toEqual([['partially-filled', 4]]);
    expect(told(desk.take({ trades: [sold('60000.00', '9.000')] }))).toEqual(['buy 0.006 at 60000.00 maker 0.072']);
    expect([desk.position, desk.puppet.last.position, desk.puppet.last.fills.length]).toEqual([10, 10, 1]);
  });

  test('fills whole when a trade goes through its price, or the other side comes to rest there', () => {
    const through = quoting(BID);
    for (let n = 0; n < 2; n++) through.take();
    expect(told(through.take({ trades: [sold('59999.90', '0.001')] }))).toEqual(['buy 0.010 at 60000.00 maker 0.12']);
    const met = quoting(BID);
    for (let n = 0; n < 2; n++) met.take();
    const book = bookDoc({ epoch: 3, seq: 53, bids: [['59999.80', '1.000']], asks: [['59999.90', '0.003']] });
    expect(told(met.take({ docs: { book } }))).toEqual(['buy 0.003 at 60000.00 maker 0.036']);
  });

  test('may be filled before its cancel gets there', () => {
    const desk = quoting(BID);
    for (let n = 0; n < 2; n++) desk.take();
    desk.puppet.wish = wish();
    expect(desk.take().intents.map(({ kind }) => kind)).toEqual(['cancel']);
    expect(told(desk.take({ trades: [sold('59999.00', '1.000')] }))).toEqual(['buy 0.010 at 60000.00 maker 0.12']);
    const other = quoting(BID);
    for (let n = 0; n < 2; n++) other.take();
    other.puppet.wish = wish();
    for (let n = 0; n < 2; n++) other.take();
    expect([told(other.take({ trades: [sold('59999.00', '1.000')] })), other.world.symbol(SYMBOL)?.working]).toEqual([[], 0]);
  });

  test('goes to the end of the line when its price is changed', () => {
    const desk = quoting(quote('buy', '59999.90'));
    for (let n = 0; n < 2; n++) desk.take();
    desk.take({ trades: [sold('59999.90', '2.000')] }); // nobody is before it any more
    desk.puppet.wish = wish({ quotes: [BID] });
    const kinds = Array.from({ length: 3 }, () => desk.take().intents.map(({ kind }) => kind)).flat();
    expect(kinds).toEqual(['amend']);
    desk.take();
    expect(told(desk.take({ trades: [sold('60000.00', '0.999')] }))).toEqual([]);
    expect(told(desk.take({ trades: [sold('60000.00', '0.011')] }))).toEqual(['buy 0.010 at 60000.00 maker 0.12']);
  });

  test('is rejected when it would take by the time it arrives, and asked for again', () => {
    const desk = quoting(BID);
    desk.take();
    const down = bookDoc({ epoch: 3, seq: 52, bids: [['59999.80', '1.000']], asks: [['59999.90', '1.000']] });
    desk.puppet.wish = wish();
    desk.take({ docs: { book: down } });
    expect([desk.position, desk.world.symbol(SYMBOL)?.working, desk.puppet.last.orders]).toEqual([0, 0, []]);
  });
});

test('an order that takes walks the levels of the next snapshot within its limit, for the taker fee', () => {
  const desk = new ShadowDesk();
  desk.puppet.wish = to('0.020');
  desk.take();
  const book = bookDoc({
    epoch: 3,
    seq: 52,
    asks: [
      ['60000.10', '0.015'],
      ['60000.20', '1.000'],
    ],
  });
  expect(told(desk.take({ docs: { book } }))).toEqual(['buy 0.015 at 60000.10 taker 0.45000075', 'buy 0.005 at 60000.20 taker 0.1500005']);
  desk.puppet.wish = to('0');
  desk.take();
  const fills = desk.take().fills;
  expect([desk.position, fills.map(({ side, size }) => `${side} ${size}`)]).toEqual([0, ['sell 0.020']]);
});

test('a hard exit takes the position out, silences the shadow, and cools down, as it does for the brain', () => {
  const desk = new ShadowDesk();
  desk.puppet.wish = to('0.020');
  for (let n = 0; n < 2; n++) desk.take();
  expect(desk.position).toBe(20);
  const crash = (seq: number) => ({
    docs: { book: bookDoc({ epoch: 3, seq, bids: [['59000.00', '5.000']], asks: [['59000.10', '5.000']] }) },
  });
  expect(desk.take(crash(53)).intents.at(-1)).toMatchObject({ kind: 'close', reason: 'stop-loss' });
  expect(told(desk.take(crash(54)))).toEqual(['sell 0.020 at 59000.00 taker 0.59']);
  for (let seq = 55; seq < 67; seq++) desk.take(crash(seq));
  expect([desk.position, desk.world.stepOf(SYMBOL)?.outcomes[0]?.reason]).toEqual([0, 'cooling-down']);
});

test('funding is exchanged once at its hour, at the rate told before it', () => {
  const desk = new ShadowDesk();
  desk.puppet.wish = to('0.020');
  for (let n = 0; n < 2; n++) desk.take();
  const hour = { fundingRate: '0.0001', nextFundingMs: 1_700_000_000_000 + 5_450, markPrice: '60000' };
  const next = { ...hour, fundingRate: '0.0009', nextFundingMs: hour.nextFundingMs + 3_600_000 };
  for (const position of [hour, hour, next, next]) desk.take({ position });
  expect(formatAtoms(desk.money.holding.funding)).toBe('-0.12'); // 0.020 x 60000 x 0.0001
});

test('its money is realized, open by mark, fees and funding; it outlives a restart, its orders do not', () => {
  const desk = new ShadowDesk();
  desk.puppet.wish = to('0.020');
  for (let n = 0; n < 2; n++) desk.take();
  const net = netOf(desk.money.holding, { quoteAsset: 'USDT', markPrice: '60010.10' });
  expect(net && formatAtoms(net)).toBe('-0.400001'); // 0.2 won, 0.600001 paid
  const again = new ShadowDesk({ money: { [SYMBOL]: moneyOf(moneyText(desk.money)) } });
  again.take();
  expect([again.money, again.puppet.last.position, again.puppet.last.entryPrice]).toEqual([desk.money, 20, '60000.1']);
});

test('nothing is simulated while fees or the contract are not known, and trades that were missed are counted', () => {
  const desk = quoting(BID);
  desk.take({ position: { commission: null } });
  expect(desk.world.stepOf(SYMBOL)?.outcomes[0]?.reason).toBe('document-missing');
  desk.take({ trades: [sold('60000.00', '1.000')] });
  desk.moment({ trades: [sold('60000.00', '1.000')] }); // a snapshot that it was not shown
  desk.take({ trades: [sold('60000.00', '1.000')] });
  expect(desk.world.symbol(SYMBOL)?.missed).toBe(1);
});

test('the same snapshots make the same shadow, to the last fill', () => {
  const live = () => {
    const desk = quoting(BID, quote('sell', '60000.10'));
    return Array.from({ length: 30 }, (_, n) =>
      desk.take({ trades: [sold(n % 2 ? '60000.00' : '59999.90', '0.3'), { ...sold('60000.10', '0.4'), aggressor: 'buy' }] }),
    );
  };
  const once = live();
  expect(once.flatMap(({ fills }) => fills).length).toBeGreaterThan(5);
  expect(live()).toEqual(once);
});
