import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AlgoOrder, AlgoRequest } from '../../../shared/sim/algo-order.ts';
import type { UserEvent } from '../../../shared/sim/exchange-events.ts';
import { lots, ticks } from '../../../shared/units.ts';
import { openQuietExchange, QUIET_INSTRUMENT, QUIET_START_MS, type QuietExchange, SYMBOL } from '../../kit/quiet-exchange.ts';

const request = (over: Partial<AlgoRequest> = {}): AlgoRequest => ({
  symbol: SYMBOL,
  side: 'sell',
  positionSide: 'both',
  type: 'stop-market',
  timeInForce: 'gtc',
  size: lots(10),
  price: null,
  priceMatch: 'none',
  goodTillMs: null,
  trigger: ticks(639_000),
  working: 'last',
  priceProtect: false,
  reduceOnly: false,
  activate: null,
  callbackBps: null,
  clientId: 'stop',
  selfTrade: 'none',
  ...over,
});
const trailing = (over: Partial<AlgoRequest> = {}): AlgoRequest =>
  request({ type: 'trailing-stop-market', trigger: null, callbackBps: 50, ...over });

/** Places it, or fails the test. */
function wait({ exchange, user }: QuietExchange, over: Partial<AlgoRequest> = {}): AlgoOrder {
  const placed = exchange.algos.place(user, request(over));
  if (!placed.ok) throw new Error(`refused: ${placed.error.kind}`);
  return placed.value;
}
const refusal = ({ exchange, user }: QuietExchange, asked: AlgoRequest): string => {
  const placed = exchange.algos.place(user, asked);
  return placed.ok ? 'taken' : placed.error.kind;
};
const state = ({ exchange, user }: QuietExchange, clientId = 'stop'): AlgoOrder | null => exchange.algos.find(user, { clientId });
const held = ({ user }: QuietExchange): number => user.account.position(SYMBOL).size;
/** What the account was told, in words. */
const told = (events: readonly UserEvent[]): readonly string[] =>
  events.flatMap((event) => {
    if (event.kind === 'algo') return [`algo ${event.order.status}`];
    return event.kind === 'order' ? [`order ${event.execution} ${event.order.status}`] : [];
  });

describe('AlgoDesk', () => {
  test.each<[name: string, over: Partial<AlgoRequest>, near: number, far: number, after: number]>([
    ['a selling stop fires when the price falls to it', {}, 639_010, 639_000, -10],
    ['a buying stop when it rises to it', { side: 'buy', trigger: ticks(641_000) }, 640_990, 641_000, 10],
    ['a selling take-profit when it rises', { type: 'take-profit-market', trigger: ticks(641_000) }, 640_990, 641_010, -10],
    ['a buying take-profit when it falls', { type: 'take-profit-market', side: 'buy', trigger: ticks(639_000) }, 639_010, 638_990, 10],
  ])('%s, and not before', (_name, over, near, far, after) => {
    const quiet = openQuietExchange();
    wait(quiet, over);
    quiet.trade(near);
    expect([state(quiet)?.status, held(quiet)]).toEqual(['new', 0]);
    quiet.trade(far);
    expect([state(quiet)?.status, held(quiet)]).toEqual(['finished', after]);
    expect(state(quiet)).toMatchObject({ triggeredMs: QUIET_START_MS, child: { type: 'market', filled: 10 } });
    expect(quiet.user.orders.find({ symbol: SYMBOL, clientId: 'stop' })).toMatchObject({ id: state(quiet)?.child?.id, status: 'filled' });
  });

  test('a stop-limit leaves a resting order that goes on under its own id, and is finished when that ends', () => {
    const quiet = openQuietExchange();
    const { id } = wait(quiet, { type: 'stop', side: 'buy', trigger: ticks(641_000), price: ticks(640_500) });
    quiet.trade(641_000);
    const child = quiet.user.orders.findOpen({ symbol: SYMBOL, clientId: 'stop' });
    expect([state(quiet)?.status, child?.price, child?.id === id]).toEqual(['triggered', 640_500, false]);
    quiet.exchange.desk.cancel(quiet.user, { symbol: SYMBOL, clientId: 'stop' });
    expect(state(quiet)).toMatchObject({ status: 'finished', child: { id: child?.id, filled: 0 } });
  });

  test('priceMatch finds the price of the order that follows in the book at the trigger', () => {
    const quiet = openQuietExchange();
    wait(quiet, { type: 'stop', price: null, priceMatch: 'queue' });
    quiet.trade(639_000);
    const ask = quiet.exchange.market(SYMBOL).best('sell')?.price;
    expect(quiet.user.orders.findOpen({ symbol: SYMBOL, clientId: 'stop' })).toMatchObject({ price: ask, priceMatch: 'queue' });
  });

  test('a mark-price stop fires on the mark, not on the last price', () => {
    const quiet = openQuietExchange();
    wait(quiet, { working: 'mark', trigger: ticks(639_000) });
    quiet.trade(637_000);
    expect(state(quiet)?.status).toBe('new');
    quiet.exchange.advance(QUIET_START_MS + 60_000);
    expect(state(quiet)?.status).toBe('finished');
    expect(state(quiet)?.triggeredMs).toBeGreaterThan(QUIET_START_MS + 1_000);
  });

  test('price protection holds a trigger back while mark and last price are apart, and lets it go when they meet', () => {
    const quiet = openQuietExchange();
    wait(quiet, { priceProtect: true, working: 'mark', trigger: ticks(639_500) });
    wait(quiet, { priceProtect: true, clientId: 'far', trigger: ticks(609_500) });
    quiet.trade(609_000); // more than 5 % under the mark, which has not moved yet
    expect(state(quiet, 'far')?.status).toBe('new');
    quiet.exchange.advance(QUIET_START_MS + 120_000);
    quiet.trade(609_010);
    expect([state(quiet)?.status, state(quiet, 'far')?.status]).toEqual(['finished', 'finished']);
  });

  test.each<[name: string, over: Partial<AlgoRequest>, path: readonly number[], last: number]>([
    ['follows the price up and sells when it has come back by the rate', {}, [641_000, 642_000, 638_800], 638_790],
    ['buys when it has come back from its low', { side: 'buy' }, [639_000, 638_000, 641_180], 641_190],
    ['starts only at its activation price', { activate: ticks(641_000) }, [636_000, 640_990, 637_000, 641_000, 637_800], 637_795],
    ['of a buy starts at or below it', { side: 'buy', activate: ticks(639_000) }, [643_000, 639_010, 643_000, 638_000, 641_180], 641_190],
  ])('a trailing stop %s', (_name, over, path, last) => {
    const quiet = openQuietExchange();
    expect(quiet.exchange.algos.place(quiet.user, trailing(over)).ok).toBe(true);
    for (const price of path) quiet.trade(price);
    expect(state(quiet)).toMatchObject({ status: 'new', activated: true });
    quiet.trade(last);
    expect(state(quiet)?.status).toBe('finished');
  });

  test('a trailing stop tells that it has started', () => {
    const quiet = openQuietExchange();
    quiet.exchange.algos.place(quiet.user, trailing({ activate: ticks(641_000) }));
    quiet.trade(641_000);
    expect(quiet.events.map((event) => event.kind === 'algo' && event.order.activated)).toEqual([false, true]);
  });

  test.each<[name: string, childFirstShare: number, want: readonly string[]]>([
    ['first', 0, ['algo new', 'algo triggering', 'algo triggered', 'order new new', 'order trade filled', 'algo finished']],
    [
      'after the fill of its order',
      1,
      ['algo new', 'algo triggering', 'order new new', 'order trade filled', 'algo triggered', 'algo finished'],
    ],
  ])('tells of the trigger %s', (_name, childFirstShare, want) => {
    const quiet = openQuietExchange({ algos: { childFirstShare } });
    wait(quiet);
    quiet.trade(639_000);
    expect(told(quiet.events)).toEqual(want);
    const child = quiet.events.flatMap((event) => (event.kind === 'order' ? [event.order.clientId] : []));
    expect(new Set(child)).toEqual(new Set(['stop']));
  });

  test('one trigger may set off another: each order is placed after the one before is done', () => {
    const quiet = openQuietExchange();
    wait(quiet, { size: lots(25_000), clientId: 'first' });
    wait(quiet, { trigger: ticks(638_900), clientId: 'second' });
    wait(quiet, { side: 'buy', type: 'take-profit-market', trigger: ticks(638_800), clientId: 'third' });
    quiet.trade(639_000);
    expect(['first', 'second', 'third'].map((id) => state(quiet, id)?.status)).toEqual(['finished', 'finished', 'finished']);
    expect(told(quiet.events).filter((line) => line === 'algo triggered')).toHaveLength(3);
  });

  test.each<[name: string, before: (quiet: QuietExchange) => void, asked: AlgoRequest, want: string]>([
    ['at once for a stop', () => undefined, request({ trigger: ticks(640_000) }), 'would-trigger'],
    ['at once for a trailing start', () => undefined, trailing({ activate: ticks(640_000) }), 'would-trigger'],
    ['by a used client id', (quiet) => wait(quiet), request(), 'duplicate-client-id'],
    ['by a second closing stop', (quiet) => wait(quiet, { size: null }), request({ size: null, clientId: 'b' }), 'close-order-exists'],
    ['not by a closing take-profit', (quiet) => wait(quiet, { size: null }), closing({ type: 'take-profit-market' }), 'taken'],
    ['not by a closing stop of the other side', (quiet) => wait(quiet, { size: null }), closing({ side: 'buy' }), 'taken'],
    ['by a size of nothing', () => undefined, request({ size: lots(0) }), 'size-not-positive'],
    ['by its value at the trigger', () => undefined, request({ trigger: ticks(400_000), size: lots(1) }), 'notional-too-small'],
    ['by a limit far over the trigger', () => undefined, limit({ price: ticks(680_000) }), 'limit-too-far-above-trigger'],
    [
      'by a limit far under it',
      () => undefined,
      limit({ side: 'sell', price: ticks(600_000), trigger: ticks(639_000) }),
      'limit-too-far-below-trigger',
    ],
    ['by a trigger out of range', () => undefined, request({ trigger: ticks(100) }), 'price-below-minimum'],
    ['while flat when it is to live with a position', () => undefined, request({ timeInForce: 'while-held' }), 'no-position'],
    ['by a halt', (quiet) => quiet.exchange.setTradingStatus(SYMBOL, 'SETTLING'), request(), 'symbol-not-opening'],
    ['by filters that have changed', (quiet) => quiet.exchange.setFilters(SYMBOL, { minQty: '0.020' }), request(), 'size-below-minimum'],
    ['not by a margin it has not', () => undefined, request({ size: lots(100_000) }), 'taken'],
  ])('is refused %s', (_name, before, asked, want) => {
    const quiet = openQuietExchange();
    before(quiet);
    expect(refusal(quiet, asked)).toBe(want);
  });

  test('no more than 200 wait for one account, and they count on the limit of the symbol', () => {
    const quiet = openQuietExchange();
    for (let n = 0; n < 199; n++) wait(quiet, { clientId: `s${n}` });
    quiet.order({ type: 'limit', timeInForce: 'gtc', price: ticks(630_000) });
    expect(refusal(quiet, request())).toBe('too-many-orders');
    quiet.exchange.desk.cancelAll(quiet.user, SYMBOL);
    expect(refusal(quiet, request())).toBe('taken');
    expect(refusal(quiet, request({ clientId: 'more' }))).toBe('too-many-conditionals');
    expect(() => quiet.order({ type: 'limit', timeInForce: 'gtc', price: ticks(630_000) })).toThrow('too-many-orders');
    expect(quiet.exchange.algos.openCount(quiet.user, SYMBOL)).toBe(200);
    quiet.trade(639_000); // the place of a triggered order is its follower's
    expect(quiet.exchange.algos.openCount(quiet.user, SYMBOL)).toBe(0);
    expect(quiet.exchange.algos.records().every(({ status }) => status === 'finished')).toBe(true);
  });

  test.each<[name: string, over: Partial<AlgoRequest>, status: string, reason: string]>([
    ['without margin is rejected', { size: lots(100_000) }, 'rejected', 'margin-insufficient'],
    ['without a position to reduce is rejected', { reduceOnly: true }, 'rejected', 'reduce-only'],
    ['without a position to close expires', { size: null }, 'expired', 'no-position'],
    [
      'that would take although post-only is rejected',
      { type: 'stop', price: ticks(638_000), timeInForce: 'post-only' },
      'rejected',
      'would-take',
    ],
  ])('a trigger %s, and says why', (_name, over, status, reason) => {
    const quiet = openQuietExchange();
    wait(quiet, over);
    quiet.trade(639_000);
    expect(state(quiet)).toMatchObject({ status, reason, child: null });
    expect(told(quiet.events)).toEqual(['algo new', 'algo triggering', `algo ${status}`]);
  });

  test('a closing stop closes whatever is held at the trigger', () => {
    const quiet = openQuietExchange();
    quiet.order({ size: lots(10) });
    wait(quiet, { size: null });
    quiet.order({ size: lots(25) });
    quiet.trade(639_000);
    expect([held(quiet), state(quiet)?.status, state(quiet)?.child?.filled]).toEqual([0, 'finished', 35]);
  });

  test('in hedge mode a closing stop closes its own side only', () => {
    const quiet = openQuietExchange();
    quiet.user.account.hedge = true;
    quiet.order({ positionSide: 'long', size: lots(30) });
    quiet.order({ positionSide: 'short', side: 'sell', size: lots(20) });
    wait(quiet, { positionSide: 'long', size: null, clientId: 'long' });
    wait(quiet, { positionSide: 'short', side: 'buy', trigger: ticks(641_000), size: null, clientId: 'short' });
    quiet.trade(639_000);
    const sides = (['long', 'short'] as const).map((side) => quiet.user.account.position(SYMBOL, side).size);
    expect([sides, state(quiet, 'short')?.status]).toEqual([[0, -20], 'new']);
  });

  test('an order that lives with its position ends with it, another does not', () => {
    const quiet = openQuietExchange();
    quiet.order({ size: lots(10) });
    wait(quiet, { timeInForce: 'while-held' });
    wait(quiet, { clientId: 'stays', size: null });
    quiet.order({ side: 'sell', size: lots(10) });
    quiet.exchange.advance(quiet.exchange.nowMs);
    expect(state(quiet)).toMatchObject({ status: 'expired', reason: 'no-position' });
    expect(state(quiet, 'stays')?.status).toBe('new');
  });

  test('a halt ends what waits, a date what it is set for', () => {
    const quiet = openQuietExchange();
    wait(quiet, { clientId: 'dated', type: 'stop', price: ticks(638_000), timeInForce: 'gtd', goodTillMs: QUIET_START_MS + 700_000 });
    quiet.exchange.advance(QUIET_START_MS + 699_999);
    expect(state(quiet, 'dated')?.status).toBe('new');
    quiet.exchange.advance(QUIET_START_MS + 700_000);
    expect(state(quiet, 'dated')).toMatchObject({ status: 'expired', reason: 'date-reached' });
    wait(quiet);
    quiet.exchange.setTradingStatus(SYMBOL, 'SETTLING');
    expect(state(quiet)).toMatchObject({ status: 'expired', reason: 'symbol-halted' });
  });

  test('cancels by either name, never twice, and not what is triggering', () => {
    const quiet = openQuietExchange({ algos: { triggerDelayMs: 50 } });
    const { id } = wait(quiet);
    const cancel = (name: { id?: string; clientId?: string }) => {
      const canceled = quiet.exchange.algos.cancel(quiet.user, name);
      return canceled.ok ? canceled.value.status : canceled.error.kind;
    };
    expect([cancel({ id, clientId: 'other' }), cancel({ id }), cancel({ clientId: 'never' })]).toEqual([
      'canceled',
      'unknown-order',
      'unknown-order',
    ]);
    wait(quiet);
    quiet.trade(639_000);
    expect([state(quiet)?.status, cancel({ clientId: 'stop' }), held(quiet)]).toEqual(['triggering', 'triggering', 0]);
    quiet.exchange.advance(QUIET_START_MS + 50);
    expect([state(quiet)?.status, held(quiet)]).toEqual(['finished', -10]);
  });

  test.each([
    [false, 'new'],
    [true, 'canceled'],
  ] as const)('the countdown sweeps it only when told to (%s)', (countdownSweeps, want) => {
    const quiet = openQuietExchange({ algos: { countdownSweeps } });
    wait(quiet);
    quiet.exchange.countdown(quiet.user, SYMBOL, 1_000);
    quiet.exchange.advance(QUIET_START_MS + 1_000);
    expect(state(quiet)?.status).toBe(want);
  });

  test('records survive JSON and go on where they were: waiting, trailing, triggering, in the market', () => {
    const algos = { triggerDelayMs: 50 };
    const before = openQuietExchange({ algos });
    wait(before, { trigger: ticks(630_000) });
    before.exchange.algos.place(before.user, trailing({ clientId: 'trail', callbackBps: 100 }));
    before.trade(641_000);
    wait(before, { clientId: 'now', trigger: ticks(640_500) });
    before.trade(640_500);
    const records = JSON.parse(JSON.stringify(before.exchange.algos.records())) as AlgoOrder[];
    const after = openQuietExchange({ algos });
    after.exchange.algos.restore(records);
    expect(after.exchange.algos.records()).toEqual(before.exchange.algos.records());
    expect(after.events).toEqual([]);
    after.exchange.advance(QUIET_START_MS);
    expect(state(after, 'now')?.status).toBe('finished');
    after.trade(634_590);
    expect([state(after, 'trail')?.status, state(after)?.status]).toEqual(['triggering', 'new']);
    after.trade(630_000);
    expect(state(after)?.status).toBe('triggering');
  });

  test('a trade of a recording fires a stop, which takes what the recording shows', () => {
    const frame = { atMs: QUIET_START_MS + 10, symbol: SYMBOL, raw: '{}' };
    const snapshot = { ...frame, kind: 'snapshot', lastUpdateId: 1, bids: [['63850.0', '1']], asks: [['64000.1', '1']] } as const;
    const spec = {
      kind: 'replay',
      instrument: QUIET_INSTRUMENT,
      snapshot,
      history: [],
      startPrice: 64_000,
      queueModel: 'risk-averse',
    } as const;
    const quiet = openQuietExchange({ markets: [spec] });
    wait(quiet);
    const trade = { kind: 'trade', tradeId: '1', size: '0.1', buyerIsMaker: true, aggregate: true } as const;
    for (const [at, price] of ['63900.1', '63900.0'].entries())
      quiet.exchange.schedule({ frame: { ...frame, ...trade, price }, atMs: frame.atMs + at, onDone: () => undefined });
    quiet.exchange.advance(frame.atMs);
    expect(state(quiet)?.status).toBe('new');
    quiet.exchange.advance(frame.atMs + 1);
    expect(state(quiet)).toMatchObject({ status: 'finished', triggeredMs: frame.atMs + 1, child: { filled: 10, filledNotional: '638.5' } });
  });

  test('the same seed and commands give the same ids and the same order of events', () => {
    const run = (): readonly string[] => {
      const quiet = openQuietExchange({ algos: { childFirstShare: 0.5 } });
      for (let n = 0; n < 12; n++) wait(quiet, { clientId: `s${n}`, trigger: ticks(639_900 - 10 * n), size: lots(1) });
      quiet.trade(639_700);
      return quiet.events.flatMap((event) => (event.kind === 'algo' ? [`${event.order.id} ${event.order.status}`] : told([event])));
    };
    expect(run()).toEqual(run());
    const firsts = run().flatMap((line, at, lines) => (line.endsWith('triggered') ? [lines[at - 1]?.startsWith('order') ?? false] : []));
    expect(new Set(firsts)).toEqual(new Set([true, false])); // both orders occur
  });

  test('fires exactly the stops that a plain look at every price would have fired', () => {
    const levels = fc.array(fc.record({ level: fc.integer({ min: 1, max: 60 }), buy: fc.boolean(), profit: fc.boolean() }), {
      minLength: 1,
      maxLength: 30,
    });
    const path = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 12 });
    const check = fc.property(levels, path, (orders, prices) => {
      const quiet = openQuietExchange();
      const rising = orders.map(({ buy, profit }) => buy !== profit);
      const triggers = orders.map(({ level }, at) => 640_000 + (rising[at] ? 10 : -10) * level);
      for (const [at, { buy, profit }] of orders.entries()) {
        const type = profit ? ('take-profit' as const) : ('stop' as const);
        const trigger = ticks(triggers[at] ?? 0);
        wait(quiet, {
          clientId: `o${at}`,
          type,
          side: buy ? 'buy' : 'sell',
          trigger,
          size: lots(1),
          price: ticks(buy ? 620_000 : 660_000),
        });
      }
      for (const price of prices) quiet.trade(640_000 + 10 * price);
      const [top, bottom] = [640_000 + 10 * Math.max(0, ...prices), 640_000 + 10 * Math.min(0, ...prices)];
      const fired = triggers.map((trigger, at) => (rising[at] ? trigger <= top && top > 640_000 : trigger >= bottom && bottom < 640_000));
      expect(orders.map((_order, at) => state(quiet, `o${at}`)?.status === 'triggered')).toEqual(fired);
    });
    fc.assert(check, { numRuns: 15 });
  });
});

function closing(over: Partial<AlgoRequest>): AlgoRequest {
  const rises = (over.side === 'buy') !== (over.type === 'take-profit-market');
  return request({ size: null, clientId: 'b', trigger: ticks(rises ? 641_000 : 639_000), ...over });
}

function limit(over: Partial<AlgoRequest>): AlgoRequest {
  return request({ type: 'stop', side: 'buy', trigger: ticks(641_000), price: ticks(641_000), ...over });
}
