import { expect, test } from 'vitest';
import { eventsBetween, fillEvent, passes, TAIL_KINDS, tailLine } from '../../../scripts/lib/tail-events.ts';
import type { State } from '../../../scripts/lib/state.ts';
import type { OrderDoc } from '../../../shared/snapshot.ts';

const order = (over: Partial<OrderDoc> = {}): OrderDoc => ({
  ...{ clientId: '4710100000000000017', role: 'quote', side: 'buy', kind: 'limit', timeInForce: 'post-only', reduceOnly: false },
  ...{ status: 'open', price: '64000.10', size: '0.010', filled: '0.000', ageMs: 5, reason: '', strategy: 'mm' },
  ...over,
});
type Over = {
  readonly orders?: readonly OrderDoc[] | null;
  readonly mode?: string;
  readonly reason?: string;
  readonly quote?: string;
  readonly silent?: true;
};
function state({ orders = [], mode = 'normal', reason = 'quoting', quote = '64000.10', silent }: Over = {}): State {
  const stamp = { epoch: 1, seq: 1 };
  return {
    header: silent ? null : ({ wallMs: 1_000, mode, reasons: mode === 'normal' ? [] : ['paused'] } as unknown as State['header']),
    ...{ ageMs: 1, balance: null },
    symbols: [
      {
        symbol: 'BTCUSDT',
        book: null,
        position: null,
        orders: { ...stamp, symbol: 'BTCUSDT', known: orders !== null, orders: [...(orders ?? [])] },
      },
    ],
    brain: {
      runs: [{ run: 'mm', symbol: 'BTCUSDT', reason, quotes: [{ side: 'buy', price: quote, size: '0.010' }] }],
    } as unknown as State['brain'],
  };
}
const told = (before: State | null, after: State): readonly string[] =>
  eventsBetween(before, after).map(({ kind, what }) => `${kind}: ${what}`);

test('the first look tells what is there', () => {
  expect(told(null, state({ orders: [order()] }))).toEqual([
    'mode: normal',
    'order: buy 0.01 at 64000.10 open',
    'decision: quoting: wants buy 0.01 at 64000.10',
  ]);
});

test.each<[string, Over, Over, readonly string[]]>([
  ['nothing, where nothing changed', { orders: [order()] }, { orders: [order({ ageMs: 105 })] }, []],
  ['a new order', {}, { orders: [order({ status: 'sent' })] }, ['order: buy 0.01 at 64000.10 sent']],
  ['an amend', { orders: [order()] }, { orders: [order({ price: '64001.00' })] }, ['order: buy 0.01 at 64000.10 -> 0.01 at 64001.00']],
  [
    'a part that was filled',
    { orders: [order()] },
    { orders: [order({ status: 'partially-filled', filled: '0.004' })] },
    ['order: buy 0.01 at 64000.10 0.004 filled, partially-filled, 0.004 filled'],
  ],
  [
    'an end with its reason',
    { orders: [order()] },
    { orders: [order({ status: 'canceled', filled: '0.004', reason: 'book-stale' })] },
    ['order: buy 0.01 at 64000.10 canceled, 0.004 filled (book-stale)'],
  ],
  [
    'an order that came and went between two looks',
    {},
    { orders: [order({ status: 'rejected', reason: 'post-only-would-take' })] },
    ['order: buy 0.01 at 64000.10 rejected (post-only-would-take)'],
  ],
  [
    'no order that is only shown a while after its end',
    { orders: [order({ status: 'filled' })] },
    { orders: [order({ status: 'filled', ageMs: 900 })] },
    [],
  ],
  ['nothing of orders that are not known', { orders: [order()] }, { orders: null }, []],
  ['another decision', {}, { quote: '63999.00' }, ['decision: quoting: wants buy 0.01 at 63999.00']],
  ['another mode', {}, { mode: 'reduce-only' }, ['mode: reduce-only paused']],
  ['a gateway that fell silent', {}, { silent: true }, ['mode: no snapshot: the gateway is silent']],
])('two looks tell %s', (_name, before, after, want) => {
  expect(told(state(before), state(after))).toEqual(want);
});

test('a filter lets through what it names', () => {
  const [event] = eventsBetween(state(), state({ orders: [order()] }));
  const all = { symbol: null, run: null, kinds: new Set(TAIL_KINDS) };
  expect(event && [all, { ...all, symbol: 'BTCUSDT' }, { ...all, run: 'mm' }].every((filter) => passes(filter, event))).toBe(true);
  expect(
    event &&
      [
        { ...all, symbol: 'ETHUSDT' },
        { ...all, run: 'x' },
        { ...all, kinds: new Set(['fill'] as const) },
      ].some((filter) => passes(filter, event)),
  ).toBe(false);
});

test('a line has time, symbol, kind, words and the end of the id', () => {
  const fill = fillEvent({
    ...{
      n: 1,
      symbol: 'BTCUSDT',
      clientId: '4710100000000000017',
      role: 'quote',
      tradeId: '9',
      side: 'sell',
      price: '64000.10',
      size: '0.010',
    },
    ...{ maker: true, fee: '0.12800020', feeAsset: 'USDT', realizedPnl: null, wallMs: 43_200_123, strategy: 'mm' },
  });
  expect(tailLine(fill)).toBe('12:00:00.123  BTCUSDT   fill      sell 0.01 at 64000.10 maker, fee 0.1280002 USDT  …000017');
});
