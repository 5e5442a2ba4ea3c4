/** Several runs on one symbol: each with its own share, none in the way of another, and the net position above all. */
import { describe, expect, test } from 'vitest';
import type { Level, SymbolView } from '../../brain/strategy/strategy.ts';
import type { OrderDoc } from '../../shared/snapshot.ts';
import { lots, monoMs, ticks } from '../../shared/units.ts';
import { bookDoc, fillDoc, orderDoc, positionDoc, runWith, SYMBOL } from '../kit/brain.ts';
import { id } from '../kit/orders.ts';
import { Desk, ownFill, Puppet, quote, to, wish } from '../kit/runs.ts';

const pair = (over: { readonly a?: object; readonly b?: object } = {}) => {
  const [a, b] = [new Puppet('a', over.a), new Puppet('b', over.b)];
  return { a, b, desk: new Desk([runWith(a.strategy), runWith(b.strategy)]) };
};
const own = (run: string, n: number, over: Partial<OrderDoc> = {}): OrderDoc =>
  orderDoc({ clientId: id(n, { role: 'custom' }), role: 'custom', strategy: run, ...over });

describe('shares', () => {
  test('each run sees what it holds itself, and the net beside it', () => {
    const { a, b, desk } = pair();
    desk.take();
    desk.take({ position: '0.010', fills: [ownFill(1, { run: 'a', size: '0.030' }), ownFill(2, { run: 'b', size: '-0.020' })] });
    expect([a, b].map(({ last }) => [last.position, last.netPosition, last.entryPrice])).toEqual([
      [30, 10, '60000'],
      [-20, 10, '60000'],
    ]);
    expect([a, b].map(({ last }) => last.fills.map(({ side, size }) => [side, size]))).toEqual([[['buy', 30]], [['sell', 20]]]);
    desk.take({ position: '0.010' });
    expect([a.last.fills, b.last.fills]).toEqual([[], []]);
  });

  test('a run that has the symbol for itself holds all of it, at the price the exchange tells', () => {
    const a = new Puppet('a');
    const desk = new Desk([runWith(a.strategy)]);
    desk.take({ position: '0.030' });
    expect([a.last.position, a.last.entryPrice]).toEqual([30, '60000']);
    desk.take({ position: '0.020', fillSeq: 9 }); // fills that nobody has told yet do not blind it
    expect(a.last.position).toBe(20);
  });

  test('until the fills behind a position are counted nobody with a share acts', () => {
    const { a, desk } = pair();
    a.wish = wish({ quotes: [quote('buy', '59990.00')] });
    desk.take();
    const behind = desk.take({ position: '0.010', fillSeq: 1, orders: [own('a', 1)] });
    expect([Desk.reasons(behind), Desk.commands(behind)]).toEqual([
      { a: 'fills-behind', b: 'fills-behind' },
      [{ kind: 'cancel', symbol: SYMBOL, clientId: id(1, { role: 'custom' }) }],
    ]);
    const again = desk.take({ position: '0.010', fills: [ownFill(1, { run: 'a', size: '0.010' })] });
    expect([Desk.reasons(again), a.last.position, a.last.fills.length]).toEqual([{ a: 'told', b: 'told' }, 10, 1]);
  });

  test('each run sees its own orders only, moves no other’s, and what nobody has is taken back', () => {
    const { a, b, desk } = pair();
    a.wish = wish({ quotes: [quote('buy', '59000.00')] });
    b.wish = wish({ quotes: [quote('sell', '61000.00')] });
    const orders = [
      own('a', 1, { price: '58000.00' }),
      own('b', 2, { side: 'sell', price: '61000.00' }),
      own('gone', 3),
      orderDoc({ clientId: id(4) }),
    ];
    const stepped = desk.take({ orders });
    expect([a, b].map(({ last }) => last.orders.map(({ clientId }) => clientId))).toEqual([
      [id(1, { role: 'custom' })],
      [id(2, { role: 'custom' })],
    ]);
    expect(Desk.commands(stepped)).toMatchObject([
      { kind: 'cancel', clientId: id(3, { role: 'custom' }) },
      { kind: 'cancel', clientId: id(4) },
      { kind: 'amend', clientId: id(1, { role: 'custom' }), strategy: 'a' },
    ]);
  });
});

describe('takers', () => {
  test('that want opposite things trade with each other at mid, and both are told', () => {
    const { a, b, desk } = pair();
    desk.take();
    [a.wish, b.wish] = [to('0.010'), to('-0.010')];
    const stepped = desk.take();
    expect([Desk.commands(stepped), Desk.reasons(stepped), stepped.crossed]).toEqual([
      [],
      { a: 'crossed-inside', b: 'crossed-inside' },
      true,
    ]);
    expect(stepped.symbols[0]?.outcomes.map(({ detail }) => detail)).toEqual([
      { with: 'b', size: '0.010' },
      { with: 'a', size: '0.010' },
    ]);
    const after = desk.take();
    expect([a.last.position, b.last.position, a.last.netPosition]).toEqual([10, -10, 0]);
    expect([a.last.fills[0], b.last.fills[0]]).toMatchObject([
      { side: 'buy', price: 600_000, size: 10, maker: false },
      { side: 'sell', size: 10 },
    ]);
    expect([Desk.commands(after), after.crossed]).toEqual([[], false]);
  });

  test('send what is left of the larger one', () => {
    const { a, b, desk } = pair();
    desk.take();
    [a.wish, b.wish] = [to('0.010'), to('-0.030')];
    expect(Desk.commands(desk.take())).toMatchObject([{ kind: 'place', strategy: 'b', side: 'sell', size: 20, timeInForce: 'ioc' }]);
  });

  test.each([
    ['where they make the net smaller', '0.025', '-0.020', { strategy: 'a', side: 'sell', size: 5, reduceOnly: true }],
    ['not beyond the net', '0', '-0.020', { strategy: 'a', side: 'sell', size: 30, reduceOnly: false }],
    ['not where they make the net larger', '0.030', '0', { strategy: 'b', side: 'buy', size: 20, reduceOnly: false }],
  ])('say reduce-only %s', (_name, first, second, want) => {
    const { a, b, desk } = pair();
    desk.take();
    const fills = [ownFill(1, { run: 'a', size: '0.030' }), ownFill(2, { run: 'b', size: '-0.020' })];
    desk.take({ position: '0.010', fills });
    [a.wish, b.wish] = [to(first), to(second)];
    expect(Desk.commands(desk.take({ position: '0.010' }))).toMatchObject([want]);
  });

  test('wait until the quotes of others are out of the way, which they are told at once', () => {
    const { a, b, desk } = pair();
    desk.take();
    [a.wish, b.wish] = [wish({ quotes: [quote('buy', '60000.00')] }), to('-0.010')];
    const bid = own('a', 1, { price: '60000.00' });
    const first = desk.take({ orders: [bid] });
    expect(Desk.commands(first)).toMatchObject([{ kind: 'amend', clientId: bid.clientId, price: 599_399 }]);
    expect(Desk.reasons(first)).toEqual({ a: 'stepped-back', b: 'held-self-cross' });
    const second = desk.take({ orders: [{ ...bid, price: '59939.90' }] });
    expect(Desk.commands(second)).toMatchObject([{ kind: 'place', strategy: 'b', side: 'sell', price: 599_400 }]);
  });

  test('take their own quotes back first', () => {
    const { a, desk } = pair();
    a.wish = { ...to('0.010'), quotes: [quote('buy', '59990.00')] };
    const first = desk.take({ orders: [own('a', 1)] });
    expect(Desk.commands(first)).toMatchObject([{ kind: 'cancel' }]);
    expect(Desk.commands(desk.take({ orders: [own('a', 1, { status: 'canceled' })] }))).toMatchObject([
      { kind: 'place', timeInForce: 'ioc' },
    ]);
  });
});

describe('a run', () => {
  test('steps back from a more aggressive one, and says from where', () => {
    const { a, b, desk } = pair();
    const wide = bookDoc({ epoch: 3, seq: 51, bids: [['59990.00', '1']], asks: [['60010.00', '1']] });
    a.wish = wish({ quotes: [quote('buy', '60005.00')] });
    b.wish = wish({ quotes: [quote('sell', '60001.00')] });
    const stepped = desk.take({ docs: { book: wide } });
    expect(Desk.commands(stepped)).toMatchObject([
      { strategy: 'a', price: 600_050 },
      { strategy: 'b', price: 600_051 },
    ]);
    expect(stepped.symbols[0]?.outcomes[1]).toMatchObject({
      reason: 'stepped-back',
      detail: { side: 'sell', from: '60001.00', to: '60005.10', other: 'a' },
    });
  });

  test('is held at its own limit while another goes on', () => {
    const [a, b] = [new Puppet('a'), new Puppet('b')];
    const desk = new Desk([runWith(a.strategy, { maxPosition: '0.015' }), runWith(b.strategy)]);
    a.wish = wish({ quotes: [quote('buy', '59990.00'), quote('buy', '59980.00', { level: 1 }), quote('sell', '60010.00')] });
    b.wish = wish({ quotes: [quote('buy', '59990.00', { size: '0.040' })] });
    const stepped = desk.take();
    expect(Desk.commands(stepped).map((command) => command.kind === 'place' && [command.strategy, command.side, command.size])).toEqual([
      ['a', 'buy', 10],
      ['a', 'sell', 10],
      ['b', 'buy', 40],
    ]);
    expect(stepped.symbols[0]?.outcomes[0]).toMatchObject({ reason: 'held-run-limit', detail: { price: '59980.00', size: '0.010' } });
  });

  test('that throws is paused and its quotes are taken back; the others go on, and hard exits hold', () => {
    const { a, b, desk } = pair();
    b.wish = wish({ quotes: [quote('sell', '60010.00')] });
    a.error = new RangeError('no such thing');
    const orders = [own('a', 1)];
    const failed = desk.take({ orders });
    expect(Desk.reasons(failed)).toEqual({ a: 'strategy-failed', b: 'told' });
    expect(failed.symbols[0]?.outcomes[0]?.detail).toEqual({
      problem: expect.stringMatching(/^RangeError: no such thing at several\.test\.ts:\d+$/),
    });
    expect(Desk.commands(failed)).toMatchObject([
      { kind: 'cancel', clientId: orders[0]?.clientId },
      { kind: 'place', strategy: 'b' },
    ]);
    a.error = null;
    expect([Desk.reasons(desk.take()), a.seen.length]).toEqual([{ a: 'strategy-failed', b: 'told' }, 1]);
    const losing = positionDoc({ epoch: 3, seq: 53, size: '0.010', entryPrice: '61000' });
    expect(desk.take({ docs: { position: losing } }).symbols[0]?.close).toBe('stop-loss');
  });

  test('that turns what it is shown upside down fails alone: nothing it is shown can be changed', () => {
    const { a, b, desk } = pair({ a: { decide: (view: SymbolView) => (view.bids as Level[]).reverse() } });
    const stepped = desk.take();
    expect(Desk.reasons(stepped)).toEqual({ a: 'strategy-failed', b: 'told' });
    expect([b.last.bids[0]?.price, a.seen]).toEqual([600_000, []]);
  });

  test('that asks for what is no order gets none, and may mend it', () => {
    const { a, desk } = pair();
    a.wish = wish({ quotes: [{ side: 'buy', price: ticks(599_900), size: lots(0), level: 0 }] });
    const bad = desk.take({ orders: [own('a', 1)] });
    expect([Desk.reasons(bad), Desk.commands(bad)]).toMatchObject([{ a: 'bad-wish' }, [{ kind: 'cancel' }]]);
    expect(bad.symbols[0]?.outcomes[0]?.detail['problem']).toMatch(/size 0/);
    a.wish = wish({ quotes: [quote('buy', '59990.00')] });
    expect(Desk.reasons(desk.take())).toMatchObject({ a: 'told' });
  });

  test('that was refused waits alone', () => {
    const { a, b, desk } = pair();
    for (const puppet of [a, b]) puppet.wish = wish({ quotes: [quote('buy', '59990.00')] });
    const before = desk.state.symbols[SYMBOL]!;
    desk.state = { ...desk.state, symbols: { [SYMBOL]: { ...before, refusals: { a: { code: 'collar', untilMs: monoMs(1e9) } } } } };
    const stepped = desk.take();
    expect([Desk.reasons(stepped), Desk.commands(stepped)]).toMatchObject([{ a: 'refused-collar', b: 'told' }, [{ strategy: 'b' }]]);
    const rejected = own('b', 7, { status: 'rejected', reason: 'filter', ageMs: 5 });
    expect(Desk.reasons(desk.take({ orders: [rejected] }))).toEqual({ a: 'refused-collar', b: 'rejected-filter' });
  });
});

test('a hard exit acts on the net: every run is silent, begins anew, and holds nothing once it is closed', () => {
  const { a, b, desk } = pair();
  desk.take();
  const fills = [ownFill(1, { run: 'a', size: '0.030' }), ownFill(2, { run: 'b', size: '-0.020' })];
  const orders = [own('a', 1), own('b', 2, { side: 'sell', price: '60010.00' })];
  const losing = { epoch: 3, size: '0.010', entryPrice: '61000' };
  const hit = desk.take({ fills, orders, docs: { position: positionDoc({ ...losing, seq: 52 }) } });
  expect([hit.symbols[0]?.close, Desk.reasons(hit), Desk.commands(hit).length]).toEqual([
    'stop-loss',
    { a: 'closing-stop-loss', b: 'closing-stop-loss' },
    2,
  ]);
  const close = fillDoc(3, { side: 'sell', size: '0.010', role: 'close' });
  for (let n = 0; n < 12; n++) desk.take({ fills: n === 0 ? [close] : [] });
  expect(Object.values(desk.state.portfolio.ledgers[SYMBOL]?.holdings ?? {}).map(({ size }) => size)).toEqual([0n, 0n, 0n]);
  expect(desk.state.seats['a BTCUSDT']?.seat.text()).toBe('0');
  expect([a.seen.length, b.seen.length]).toEqual([1, 1]);
});
