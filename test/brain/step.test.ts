import { describe, expect, test } from 'vitest';
import { type BrainState, initialState, type Settings, step } from '../../brain/step.ts';
import { initialSymbol } from '../../brain/look.ts';
import { answered, EMPTY_OMS } from '../../brain/oms/notes.ts';
import { NO_EXITS } from '../../brain/risk/exits.ts';
import { marketMaking } from '../../brain/strategy/market-making.ts';
import type { Strategy, Wish } from '../../brain/strategy/strategy.ts';
import { headerReason } from '../../brain/view.ts';
import { MarketMakingParameters } from '../../shared/config.ts';
import { parseClientId } from '../../shared/client-id.ts';
import type { Header, OrderDoc } from '../../shared/snapshot.ts';
import { monoMs, wallMs } from '../../shared/units.ts';
import {
  bookDoc,
  documents,
  EXITS,
  IDENTITY,
  instrumentDoc,
  LEASE,
  LIMITS,
  onlyOne,
  type Over,
  orderDoc,
  ordersDoc,
  plain,
  positionDoc,
  qty,
  runWith,
  settings,
  SYMBOL,
  turn,
} from '../kit/brain.ts';
import { id } from '../kit/orders.ts';

const maker = marketMaking(
  MarketMakingParameters.parse({ spreadBps: 2, skewBps: 1, orderSize: '0.010', maxInventory: '0.050', refreshToleranceBps: 0.2 }),
);
const RUNS = [runWith(maker)];
const fresh = (): BrainState => initialState(settings(RUNS));
/** Of the symbol: other commands under way, or a refusal. */
const having = (over: Partial<BrainState['symbols'][string]>, state = fresh()): BrainState => ({
  ...state,
  symbols: { [SYMBOL]: { ...initialSymbol(NO_EXITS), ...state.symbols[SYMBOL], ...over } },
});
type Options = {
  readonly over?: Over;
  readonly before?: BrainState;
  readonly turn?: Parameters<typeof turn>[1];
  readonly settings?: Partial<Settings>;
};
const take = ({ over = {}, before = fresh(), ...more }: Options = {}) =>
  onlyOne(step(before, { settings: settings(RUNS, more.settings), turn: turn(documents(over), more.turn) }));
type Taken = ReturnType<typeof take>;
const kinds = ({ commands }: { readonly commands: readonly { readonly kind: string }[] }): string[] => commands.map(({ kind }) => kind);
const resting: OrderDoc[] = [orderDoc({ clientId: id(1) }), orderDoc({ clientId: id(2), side: 'sell', price: '60010.00' })];

describe('headerReason() refuses', () => {
  test.each<[string, Partial<Header>, number, string | null]>([
    ['nothing of a fresh header of ours', {}, 1_500, null],
    ['one older than allowed', {}, 1_501, 'snapshot-stale'],
    ['another environment', { environment: 'testnet' }, 1_000, 'wrong-environment'],
    ['another account', { accountHash: 'bbbbbbbbbbbb' }, 1_000, 'wrong-account'],
    ['another config', { configHash: 'dddddddddddd' }, 1_000, 'wrong-config'],
    ['what another run of the gateway left behind', { epoch: IDENTITY.epoch - 1 }, 1_000, 'other-gateway-run'],
  ])('%s', (_name, head, now, reason) => {
    expect(headerReason(documents({ head }), { identity: IDENTITY, now: monoMs(now), maxAgeMs: 500 })).toBe(reason);
  });
});

test('step() quotes both sides of a fresh, known, live market, post-only and with ids of the lease', () => {
  const { commands, reason, quotes, close } = take();
  expect([reason, close, quotes.length]).toEqual(['quoting', null, 2]);
  expect(commands).toMatchObject([
    { kind: 'place', side: 'buy', price: 599_940, size: 10, timeInForce: 'post-only', reduceOnly: false, symbol: SYMBOL },
    { kind: 'place', side: 'sell', price: 600_061, size: 10, timeInForce: 'post-only', reduceOnly: false },
  ]);
  expect(commands.map(({ clientId }) => parseClientId(clientId))).toMatchObject([
    { role: 'quote', epoch: LEASE },
    { role: 'quote', epoch: LEASE },
  ]);
});

const old = { seq: 49 };
test.each<[string, Over, string]>([
  ['a missing book', { docs: { book: null } }, 'document-missing'],
  ['a missing position', { docs: { position: null } }, 'document-missing'],
  ['missing orders', { docs: { orders: null } }, 'document-missing'],
  ['a book of another number', { docs: { book: bookDoc(old) } }, 'snapshot-mixed'],
  ['a position of another number', { docs: { position: positionDoc(old) } }, 'snapshot-mixed'],
  ['orders of another number', { docs: { orders: ordersDoc(resting, old) } }, 'snapshot-mixed'],
  ['a book of another run', { docs: { book: bookDoc({ epoch: 2 }) } }, 'snapshot-mixed'],
  ['an unknown position', { docs: { position: positionDoc({ known: false, size: null }) } }, 'position-unknown'],
  ['a position without a size', { docs: { position: positionDoc({ size: null }) } }, 'position-unknown'],
  ['unknown orders', { docs: { orders: ordersDoc([], { known: false }) } }, 'orders-unknown'],
  ['a missing instrument', { docs: { instrument: null } }, 'instrument-unknown'],
  ['an instrument of another run', { docs: { instrument: instrumentDoc({ epoch: 2 }) } }, 'instrument-unknown'],
  ['an instrument that cannot be counted in', { docs: { instrument: instrumentDoc({ tickSize: '0' }) } }, 'instrument-unknown'],
  ['a position off the step', { docs: { position: positionDoc({ size: '0.0005' }) } }, 'off-step'],
  ['an order off the tick', { docs: { orders: ordersDoc([orderDoc({ price: '59990.05' })]) } }, 'off-step'],
])('step() takes back what is shown to rest, and does nothing else, with %s', (_name, over, reason) => {
  const given = { orders: ordersDoc(resting), ...over.docs };
  const stepped = take({ over: { ...over, docs: given } });
  expect(stepped).toMatchObject({ close: null, reason, quotes: [] });
  const shown = (given.orders?.orders ?? []).map(({ clientId }) => ({ kind: 'cancel', symbol: SYMBOL, clientId }));
  expect(stepped.commands).toEqual(shown);
});

test('step() asks once for each of them while it sees nothing', () => {
  const over = { docs: { orders: ordersDoc(resting), book: null } };
  const first = take({ over });
  const pending = first.commands.map((command) => ({ command, role: 'quote', lease: LEASE, sentAt: monoMs(1_000), visibleFrom: null }));
  expect(take({ over, before: having({ pending }, first.state) }).commands).toEqual([]);
});

test.each<[string, Over, string]>([
  ['mode reduce-only', { head: { mode: 'reduce-only' } }, 'mode-reduce-only'],
  ['mode cancel-only', { head: { mode: 'cancel-only' } }, 'mode-cancel-only'],
  ['mode blind', { head: { mode: 'blind' } }, 'mode-blind'],
  ['mode stopped', { head: { mode: 'stopped' } }, 'mode-stopped'],
  ['a pause', { head: { paused: true } }, 'paused'],
  ['a symbol with a reason', { head: { reasons: [`foreign-order:${SYMBOL}`] } }, 'foreign-order'],
  ['an unknown balance', { balanceKnown: false }, 'balance-unknown'],
  ['an instrument that does not trade', { docs: { instrument: instrumentDoc({ trading: false }) } }, 'not-trading'],
  ['a stale book', { docs: { book: bookDoc({ status: 'stale' }) } }, 'book-not-live'],
  ['a syncing book', { docs: { book: bookDoc({ status: 'syncing' }) } }, 'book-not-live'],
  ['a book that no frame has proved yet', { docs: { book: bookDoc({ ageMs: null }) } }, 'book-not-live'],
  ['a book that no frame has proved for long', { docs: { book: bookDoc({ ageMs: 1_501 }) } }, 'book-not-live'],
  ['an empty side', { docs: { book: bookDoc({ bids: [] }) } }, 'book-not-live'],
  ['a price off the tick', { docs: { book: bookDoc({ asks: [['60000.15', '1']] }) } }, 'book-not-live'],
  ['a locked book', { docs: { book: bookDoc({ asks: [['60000.00', '1']] }) } }, 'book-crossed'],
])('step() takes back what rests with %s, and places nothing', (_name, over, reason) => {
  const stepped = take({ over: { ...over, docs: { ...over.docs, orders: ordersDoc(resting) } } });
  expect(stepped).toMatchObject({ reason, close: null, quotes: [] });
  expect(stepped.commands).toEqual([
    { kind: 'cancel', symbol: SYMBOL, clientId: id(1) },
    { kind: 'cancel', symbol: SYMBOL, clientId: id(2) },
  ]);
});

test('step() is not stopped by a reason of another symbol', () => {
  expect(take({ over: { head: { reasons: ['book-stale:ETHUSDT'] } } }).reason).toBe('quoting');
});

test('step() without a lease of this snapshot takes back and places nothing', () => {
  expect(take({ over: { docs: { orders: ordersDoc(resting) } }, turn: { mayTrade: false } })).toMatchObject({
    reason: 'no-lease',
    commands: [{ kind: 'cancel' }, { kind: 'cancel' }],
  });
});

test('step() places nothing once the lease has no ids left', () => {
  expect(take({ turn: { nextId: () => null } }).commands).toEqual([]);
});

test('step() with no limits for the symbol holds everything back and says so', () => {
  expect(take({ settings: { limits: () => null } })).toMatchObject({ commands: [], reason: 'held-order-notional', held: [{}, {}] });
});

test('step() never sends the same intention twice while the first is not visible', () => {
  const first = take();
  const pending = first.commands.map((command) => ({ command, role: 'quote', sentAt: monoMs(1_000), visibleFrom: null }));
  const again = take({ before: having({ pending }, first.state), over: { head: { seq: 51 } } });
  expect(again.commands).toEqual([]);
  expect(again.state.symbols[SYMBOL]?.pending).toHaveLength(2);
});

test('step() leaves other roles and foreign orders alone', () => {
  const rows = [
    orderDoc({ role: 'close', clientId: id(3, { role: 'close' }) }),
    orderDoc({ role: 'foreign', clientId: 'web_1', price: '1.23' }),
  ];
  const stepped = take({ over: { head: { mode: 'blind' }, docs: { orders: ordersDoc(rows) } } });
  expect(stepped.commands).toEqual([]);
});

test('step() cancels what another lease left, amends none of it, and quotes beside it', () => {
  const left = orderDoc({ clientId: id(1, { epoch: LEASE + 1 }) });
  expect(kinds(take({ over: { docs: { orders: ordersDoc([left]) } } }))).toEqual(['cancel', 'place', 'place']);
});

test('step() cancels first where a limit leaves no room for both, and places when a snapshot shows the room', () => {
  const left = [1, 2].map((n) => orderDoc({ clientId: id(n, { epoch: LEASE + 1 }) }));
  const limits = { settings: { limits: () => ({ ...LIMITS, maxOpenOrders: 3 }) } };
  const first = take({ over: { docs: { orders: ordersDoc(left) } }, ...limits });
  expect([kinds(first), first.reason]).toEqual([['cancel', 'cancel', 'place'], 'held-open-orders']);
  expect(first.commands[2]).toMatchObject({ side: 'buy' }); // what fits does not wait
  const bid = orderDoc({ clientId: first.commands[2]?.clientId ?? '', price: '59994.00' });
  const next = take({ before: first.state, over: { head: { seq: 51 }, docs: { orders: ordersDoc([bid], { seq: 51 }) } }, ...limits });
  expect([kinds(next), next.reason]).toEqual([['place'], 'quoting']);
});

/** As the gateway shows a bid and an ask that were placed. */
const quotesOf = ({ commands }: Pick<Taken, 'commands'>): OrderDoc[] =>
  commands.map(({ clientId }, n) =>
    orderDoc({ clientId, ...(n === 0 ? { side: 'buy', price: '59994.00' } : { side: 'sell', price: '60006.10' }) }),
  );
/** Client ids that a turn asks the ledger for. */
const askedIn = (before: BrainState, over: Over): readonly string[] =>
  step(before, { settings: settings(RUNS), turn: turn(documents(over)) }).symbols.flatMap(({ ask }) => ask);

test('step() asks for an order that vanished without an end, and counts it as working', () => {
  const first = take();
  const shown = quotesOf(first);
  const seen = take({ before: first.state, over: { head: { seq: 51 }, docs: { orders: ordersDoc(shown, { seq: 51 }) } } });
  const over = { head: { seq: 120 }, docs: { orders: ordersDoc(shown.slice(1), { seq: 120 }) } };
  const gone = take({ before: seen.state, over });
  expect([askedIn(seen.state, over), gone.commands]).toEqual([[shown[0]?.clientId], []]);
  const oms = gone.state.symbols[SYMBOL]?.oms ?? EMPTY_OMS;
  const told = having({ oms: answered(oms, { clientId: shown[0]?.clientId ?? '', order: null }) }, gone.state);
  const after = take({ before: told, over: { head: { seq: 121 }, docs: { orders: ordersDoc(shown.slice(1), { seq: 121 }) } } });
  expect(after.commands).toMatchObject([{ kind: 'place', side: 'buy' }]);
});

test('step() misses none of its orders while no lease is in force', () => {
  const first = take();
  const shown = quotesOf(first);
  const seen = take({ before: first.state, over: { head: { seq: 51 }, docs: { orders: ordersDoc(shown, { seq: 51 }) } } });
  const over = { head: { seq: 52, brainEpoch: 0 }, docs: { orders: ordersDoc(shown, { seq: 52 }) } };
  expect(askedIn(seen.state, over)).toEqual([]);
  expect(kinds(take({ before: seen.state, over, turn: { mayTrade: false } }))).toEqual(['cancel', 'cancel']);
});

test('step() leaves a quote that it may not replace now where it is', () => {
  const none = { amends: { most: 0, shrinkKeepsPlace: false } };
  const first = take({ over: { head: none } });
  const [bid, ask] = quotesOf(first);
  const off = [orderDoc({ ...bid, price: '59900.00' }), orderDoc({ ...ask })];
  const over = { head: { ...none, seq: 51 }, docs: { orders: ordersDoc(off, { seq: 51 }) } };
  const refusals = { 'market-making': { code: 'budget', untilMs: monoMs(1_400) } };
  expect(kinds(take({ before: having({ refusals }, first.state), over }))).toEqual([]);
  expect(kinds(take({ before: first.state, over }))).toEqual(['cancel', 'place']);
});

test('step() asks for no more than a symbol may, and says that the rest waits', () => {
  const oms = { ...settings(RUNS).oms, ration: { perSecond: 1, burst: 1 } };
  const stepped = take({ settings: { oms } });
  expect([kinds(stepped), stepped.reason]).toEqual([['place'], 'rationed']);
});

test.each<[string, Partial<OrderDoc>, string]>([
  ['lately rejected by the venue', { status: 'rejected', reason: 'insufficient-margin', ageMs: 900 }, 'rejected-insufficient-margin'],
  ['rejected a while ago', { status: 'rejected', reason: 'insufficient-margin', ageMs: 1_100 }, 'quoting'],
  ['rejected because it would have taken', { status: 'rejected', reason: 'post-only-would-take', ageMs: 10 }, 'quoting'],
  ['of the ladder rejected', { status: 'rejected', role: 'close', reason: 'filter', ageMs: 10 }, 'quoting'],
])('step() with an order %s says %3$s', (_name, over, reason) => {
  const stepped = take({ over: { docs: { orders: ordersDoc([orderDoc(over)]) } } });
  expect([stepped.reason, kinds(stepped)]).toEqual([reason, reason === 'quoting' ? ['place', 'place'] : []]);
});

test('step() sends nothing but cancels until a refusal is over', () => {
  const before = having({ refusals: { 'market-making': { code: 'budget', untilMs: monoMs(1_400) } } });
  const far = orderDoc({ price: '50000.00' });
  const extra = orderDoc({ clientId: id(2), price: '50001.00' });
  const over = { docs: { orders: ordersDoc([far, extra]) } };
  expect([take({ before, over }).reason, kinds(take({ before, over }))]).toEqual(['refused-budget', ['cancel']]);
  expect(kinds(take({ before, over, turn: { now: monoMs(1_400) } }))).toEqual(['cancel', 'amend', 'place']);
});

describe('hard exits in step()', () => {
  const losing = { size: '0.010', entryPrice: '61000' };
  const winning = { size: '0.010', entryPrice: '59000' };

  test.each<[string, Over, string | null]>([
    ['a loss', { docs: { position: positionDoc(losing), orders: ordersDoc(resting) } }, 'stop-loss'],
    ['a profit', { docs: { position: positionDoc(winning), orders: ordersDoc(resting) } }, 'take-profit'],
    [
      'a loss while the mode forbids quoting',
      { head: { mode: 'reduce-only' }, docs: { position: positionDoc(losing), orders: ordersDoc(resting) } },
      'stop-loss',
    ],
    [
      'a loss on a blind book, by its mark',
      { docs: { book: bookDoc({ status: 'stale' }), position: positionDoc(losing), orders: ordersDoc(resting) } },
      'stop-loss',
    ],
  ])('%s closes and takes the quotes back', (_name, over, close) => {
    const stepped = take({ over });
    expect([stepped.close, stepped.reason, kinds(stepped)]).toEqual([close, `closing-${close}`, ['cancel', 'cancel']]);
  });

  test('a long is judged by the bids and a short by the asks', () => {
    const wide = bookDoc({ bids: [['59000.00', '1.000']], asks: [['61000.00', '1.000']] });
    const closeOf = (size: string) => take({ over: { docs: { book: wide, position: positionDoc({ size, entryPrice: '60000' }) } } }).close;
    expect([closeOf('0.010'), closeOf('-0.010')]).toEqual(['stop-loss', 'stop-loss']);
  });

  test('a mark is as old as the gateway says and the snapshot has waited since', () => {
    const position = positionDoc({ ...losing, markAgeMs: 2_600 });
    const over = { docs: { book: bookDoc({ status: 'stale' }), position } };
    const closeAt = (now: number) => take({ over, turn: { now: monoMs(now) } }).close;
    expect([closeAt(1_400), closeAt(1_401)]).toEqual(['stop-loss', null]); // seen at 1000
  });

  test('a position that the stop at the venue closed is cooled down from', () => {
    const before = take({ over: { docs: { position: positionDoc({ size: '0.010', entryPrice: '60000' }) } } }).state;
    const stop = orderDoc({ role: 'stop', clientId: id(9, { role: 'stop' }), status: 'filled', filled: '0.010', reduceOnly: true });
    expect(take({ before, over: { docs: { orders: ordersDoc([stop]) } } })).toMatchObject({ reason: 'cooling-down', commands: [] });
    expect(take({ over: { docs: { orders: ordersDoc([stop]) } } }).reason).toBe('quoting');
  });

  test('a position that is not known is not closed', () => {
    expect(take({ over: { docs: { position: positionDoc({ ...losing, known: false }) } } }).close).toBeNull();
  });

  test('the strategy is silent until flat and cool, and then begins afresh', () => {
    let state = take({ over: { docs: { position: positionDoc(losing) } } }).state;
    const go = (seq: number, { size = '0.000', nowMs = 1_700_000_000_000, closing = false }): Taken => {
      const position = positionDoc({ seq, size, entryPrice: size === '0.000' ? null : '61000' });
      const over = { head: { seq, wallMs: 1_700_000_000_000 + seq * 100, closing: closing ? [SYMBOL] : [] }, docs: { position } };
      const stepped = take({ before: state, over, turn: { nowMs: wallMs(nowMs) } });
      state = stepped.state;
      return stepped;
    };
    expect(go(51, { size: '0.010', closing: true })).toMatchObject({ commands: [], close: null, reason: 'closing-position' });
    expect(go(52, { size: '0.004', closing: true }).commands).toEqual([]);
    expect(go(63, {})).toMatchObject({ commands: [], reason: 'cooling-down' });
    expect(go(64, { nowMs: 1_700_000_000_000 + EXITS.cooldownMs - 1 })).toMatchObject({ commands: [], reason: 'cooling-down' });
    expect(go(65, { nowMs: 1_700_000_000_000 + EXITS.cooldownMs })).toMatchObject({ reason: 'quoting', commands: [{}, {}] });
    expect(state.symbols[SYMBOL]?.exits).toMatchObject({ stopLosses: 1, takeProfits: 0 });
  });
});

describe('a target in step()', () => {
  const wanting = (position: number | null): Strategy<null> => ({
    name: 'wanting',
    role: 'trend',
    initial: () => null,
    decide: () => ({
      wish: {
        quotes: [],
        target: position === null ? null : { position: qty((position / 1_000).toFixed(3)), slippageBps: 10 },
        reason: 'cross',
        signals: {},
      } satisfies Wish,
      state: null,
    }),
  });
  const aim = (position: number | null, over: Over = {}, more: Partial<Settings> = {}) => {
    const chosen = settings([runWith(wanting(position))], more);
    return onlyOne(step(initialState(chosen), { settings: chosen, turn: turn(documents(over)) }));
  };
  const held = (size: string): Over => ({ docs: { position: positionDoc({ size, entryPrice: '60000' }) } });

  const small: Over = { docs: { ...held('0.019').docs, instrument: instrumentDoc({ minNotional: '100' }) } };

  test.each<[string, number | null, Over, object[]]>([
    [
      'from flat buys at most the slippage above the ask',
      20,
      {},
      [{ side: 'buy', price: 600_601, size: 20, reduceOnly: false, timeInForce: 'ioc' }],
    ],
    [
      'from flat sells at most the slippage below the bid',
      -20,
      {},
      [{ side: 'sell', price: 599_400, size: 20, reduceOnly: false, timeInForce: 'ioc' }],
    ],
    ['adds what is missing', 20, held('0.015'), [{ side: 'buy', size: 5, reduceOnly: false }]],
    ['is quiet when it is there', 20, held('0.020'), []],
    ['is quiet when nothing is wanted', null, held('0.020'), []],
    ['goes flat by an order that can only reduce', 0, held('0.020'), [{ side: 'sell', size: 20, reduceOnly: true }]],
    ['turns in two steps, the first of which can only reduce', -20, held('0.020'), [{ side: 'sell', size: 20, reduceOnly: true }]],
    ['does not send what the venue would find too small', 20, small, []],
  ])('%s', (_name, position, over, want) => {
    expect(aim(position, over).commands).toMatchObject(want);
    expect(aim(position, over).commands).toHaveLength(want.length);
  });

  test('waits for what is under way, whatever it is', () => {
    const busy = orderDoc({ role: 'trend', clientId: id(1, { role: 'trend' }), status: 'unknown', timeInForce: 'ioc' });
    expect(aim(20, { docs: { orders: ordersDoc([busy]) } }).commands).toEqual([]);
  });

  test('goes flat even without a limit, and opens nothing without one', () => {
    expect(aim(0, held('0.020'), { limits: () => null }).commands).toHaveLength(1);
    expect(aim(20, {}, { limits: () => null }).commands).toEqual([]);
  });
});

test('step() is a function: the same state and turn give the same step', () => {
  const [once, again] = [take(), take()];
  expect({ ...once, state: plain(once.state) }).toEqual({ ...again, state: plain(again.state) });
});
