import { describe, expect, test } from 'vitest';
import { macdTrend } from '../../../brain/strategy/macd-trend.ts';
import { readMacdState } from '../../../brain/strategy/macd-state.ts';
import type { MacdParameters } from '../../../shared/macd-parameters.ts';
import { qty, view, working } from '../../kit/brain.ts';
import { walkedBars } from '../../kit/klines.ts';
import { AGAIN, DOWN, histograms, later, LONG, type Look, looker, MIRRORED, parameters, SHORT, TURN, UP, WAVES } from '../../kit/macd.ts';

test('readMacdState() refuses what is none', () => {
  const { state } = { state: macdTrend(parameters()).initial() };
  expect(readMacdState(state)).toEqual(state);
  for (const wrong of [null, 'x', {}, { ...state, goal: { to: 'up' } }, { ...state, more: 1 }]) expect(readMacdState(wrong)).toBeNull();
});

describe('macdTrend() on closed bars', () => {
  test('enters on the bar that crosses, and only from it', () => {
    const look = looker();
    expect(look({ n: UP - 1 })).toMatchObject({ target: null, reason: 'no-signal' });
    expect(look({ n: UP - 1 }).target).toBeNull();
    expect(look({ n: UP })).toMatchObject({
      target: { position: 20, slippageBps: 10 },
      reason: 'cross-up',
      quotes: [],
      signals: { tries: 1 },
    });
    expect(look({ n: UP })).toMatchObject({ target: null, reason: 'to-long' });
  });

  test('does not act on a cross that was there before it began', () => {
    const look = looker();
    expect(look({ n: UP }).target).toBeNull();
    expect(look({ n: UP + 1 }).target).toBeNull();
  });

  test('leaves the position alone once it was reached, also when a person closes it', () => {
    const look = looker();
    look({ n: UP - 1 });
    look({ n: UP });
    look({ n: UP, position: LONG });
    expect(look({ n: UP, position: LONG })).toMatchObject({ target: null, reason: 'holding-long' });
    expect(look({ n: UP + 1, position: qty('0') })).toMatchObject({ target: null, reason: 'no-signal' });
  });

  test.each<[MacdParameters['direction'], number, number]>([
    ['both', 20, -20],
    ['long', 20, 0],
    ['short', 0, -20],
  ])('with direction %s wants %d on a cross up and %d on a cross down', (direction, up, down) => {
    for (const [closes, want] of [
      [TURN, up],
      [MIRRORED, down],
    ] as const) {
      const look = looker(parameters({ direction }));
      look({ closes, n: UP - 1, position: qty('0.007') });
      expect(look({ closes, n: UP, position: qty('0.007') }).target?.position).toBe(want);
    }
  });

  test('a threshold above the histogram keeps it out', () => {
    const look = looker(parameters({ thresholdBps: 1_000 }));
    for (let n = UP - 1; n <= TURN.length; n++) expect(look({ n }).target).toBeNull();
  });

  test.each<[string, readonly number[] | null, string]>([
    ['bars that are not complete', null, 'bars-unknown'],
    ['no bars', [], 'bars-unknown'],
    ['too few bars', TURN.slice(0, 7), 'warming-up'],
  ])('wants nothing with %s', (_name, closes, reason) => {
    expect(looker()({ closes })).toMatchObject({ target: null, quotes: [], reason });
  });

  test('its targets on a long generated path are the crosses of the reference histogram, once a bar', () => {
    const [one, bars] = [parameters({ fastPeriod: 12, slowPeriod: 26, signalPeriod: 9, retryMs: 0 }), walkedBars(7, 400)];
    const all = histograms(bars, one);
    const strategy = macdTrend(one);
    let [state, crosses] = [strategy.initial(), 0];
    for (let n = 60; n <= bars.length; n++) {
      const [before = 0, now = 0] = all.slice(n - 2, n);
      const looks = [1, 2].map(() => {
        const decided = strategy.decide(view({ bars: bars.slice(0, n) }), state);
        state = decided.state;
        return decided.wish.reason;
      });
      const want = n === 60 ? '' : before <= 0 && now > 0 ? 'cross-up' : before >= 0 && now < 0 ? 'cross-down' : '';
      expect([n, ...looks.map((reason) => (reason.startsWith('cross') ? reason : ''))]).toEqual([n, want, '']);
      crosses += want === '' ? 0 : 1;
    }
    expect(crosses).toBeGreaterThan(10);
  });
});

describe('macdTrend() on its way to a position', () => {
  const onWay = (over: Partial<MacdParameters> = {}) => {
    const look = looker(parameters(over));
    look({ n: UP - 1 });
    expect(look({ n: UP }).target).not.toBeNull();
    return (more: Look) => look({ n: UP, ...more });
  };

  test('sends the next order when the first filled nothing, after a while', () => {
    const look = onWay({ retryMs: 1_000 });
    expect(look({ atMs: later(999) }).target).toBeNull();
    expect(look({ atMs: later(1_000) })).toMatchObject({ target: { position: 20 }, reason: 'to-long', signals: { tries: 2 } });
    expect(look({ atMs: later(1_100) }).target).toBeNull();
  });

  test('at once when it filled something', () => {
    const look = onWay();
    expect(look({ atMs: later(100), position: qty('0.005') })).toMatchObject({ target: { position: 20 }, signals: { tries: 2 } });
    expect(look({ atMs: later(200), position: qty('0.005') }).target).toBeNull();
  });

  test('not beside an order that is under way', () => {
    const look = onWay();
    const orders = [working({ role: 'trend' })];
    for (const atMs of [100, 5_000, 50_000]) expect(look({ atMs: later(atMs), orders }).signals['tries']).toBe(1);
  });

  test('not forever: an entry is given up after its tries, and stays so', () => {
    const look = onWay({ maxTries: 3, retryMs: 1_000 });
    const reasons = [1, 2, 3, 4].map((n) => look({ atMs: later(1_000 * n) }).reason);
    expect(reasons).toEqual(['to-long', 'to-long', 'gave-up-long', 'no-signal']);
  });

  test('the last try is waited for before it is given up', () => {
    const look = onWay({ maxTries: 1, retryMs: 1_000 });
    expect(look({ atMs: later(900) }).reason).toBe('to-long');
    expect(look({ atMs: later(5_000), orders: [working({ role: 'trend' })] }).reason).toBe('to-long');
    expect(look({ atMs: later(5_100), position: LONG }).reason).toBe('holding-long');
  });

  test('an entry is given up when the next bar has closed, whatever its tries', () => {
    const look = onWay({ maxTries: 100 });
    expect(look({ n: UP + 1, atMs: later(10_000) })).toMatchObject({ target: null, reason: 'gave-up-long-late' });
    expect(look({ n: UP + 1, atMs: later(20_000) }).reason).toBe('no-signal');
  });

  test.each<[string, Look[], string]>([
    ['a fill that stays', [{ position: qty('0.005') }, { position: qty('0.005'), atMs: later(2_000) }], 'to-long'],
    ['a fill that a hard exit took back', [{ position: qty('0.005') }, { position: qty('0'), atMs: later(2_000) }], 'gave-up-long-closed'],
    ['not being asked for a while', [{ atMs: later(20_000) }], 'to-long'],
    ['not being asked for longer, as during a cool-down', [{ atMs: later(20_001) }], 'gave-up-long-closed'],
  ])('%s: an entry is not taken up again by itself', (_name, looks, reason) => {
    const look = onWay({ retryMs: 1_000 });
    expect(looks.map((one) => look(one).reason).at(-1)).toBe(reason);
    expect(look({ atMs: later(21_500), position: qty('0.005') }).target === null).toBe(reason !== 'to-long');
  });

  test('an entry waits while bars are unknown, a way out does not', () => {
    const entering = onWay();
    expect(entering({ closes: null, atMs: later(2_000) })).toMatchObject({ target: null, reason: 'bars-unknown' });
    const leaving = looker(parameters({ direction: 'long' }));
    leaving({ closes: MIRRORED, n: UP - 1, position: LONG });
    leaving({ closes: MIRRORED, n: UP, position: LONG });
    expect(leaving({ closes: null, atMs: later(2_000), position: LONG }).target).toMatchObject({ position: 0 });
  });

  test('a way out is never given up', () => {
    const look = looker(parameters({ direction: 'long', maxTries: 1, retryMs: 1_000 }));
    look({ closes: MIRRORED, n: UP - 1, position: LONG });
    const targets = Array.from(
      { length: 20 },
      (_, i) => look({ closes: MIRRORED, n: UP + Math.floor(i / 10), atMs: later(1_000 * i), position: LONG }).target?.position,
    );
    expect(targets).toEqual(Array(20).fill(0));
  });

  test('a clock that goes back keeps nobody waiting', () => {
    const look = onWay({ retryMs: 60_000 });
    expect(look({ atMs: later(-1) }).target).toMatchObject({ position: 20 });
  });
});

describe('macdTrend() waits for its confirmation', () => {
  test('leaves the other side at the cross, and enters so many bars later', () => {
    const look = looker(parameters({ confirmBars: 2 }));
    look({ n: UP - 1, position: SHORT });
    expect(look({ n: UP, position: SHORT })).toMatchObject({ target: { position: 0 }, reason: 'cross-up' });
    expect(look({ n: UP + 1 })).toMatchObject({ target: { position: 0 }, reason: 'confirming-up' }); // it is there
    expect(look({ n: UP + 1 })).toMatchObject({ target: null, reason: 'confirming-up' });
    expect(look({ n: UP + 2 })).toMatchObject({ target: { position: 20 }, reason: 'cross-up' });
  });

  test('a flat account waits without a target', () => {
    const look = looker(parameters({ confirmBars: 1 }));
    look({ n: UP - 1 });
    expect(look({ n: UP })).toMatchObject({ target: null, reason: 'cross-up' });
    expect(look({ n: UP }).reason).toBe('confirming-up');
  });
});

describe('macdTrend() cools down between entries', () => {
  test.each<[string, Partial<MacdParameters>, number | undefined]>([
    ['no cool-down', {}, -20],
    ['bars that have passed', { cooldownBars: DOWN - UP }, -20],
    ['bars that have not', { cooldownBars: DOWN - UP + 1 }, 0],
    ['time that has passed', { cooldownMs: 60_000 }, -20],
    ['time that has not', { cooldownMs: 60_001 }, 0],
  ])('%s: what is held the other way is closed all the same', (_name, over, want) => {
    const look = looker(parameters(over));
    look({ closes: WAVES, n: UP - 1 });
    look({ closes: WAVES, n: UP });
    for (let n = UP; n < DOWN; n++) look({ closes: WAVES, n, position: LONG });
    const wish = look({ closes: WAVES, n: DOWN, position: LONG, atMs: later(60_000) });
    expect([wish.target?.position, wish.reason]).toEqual([want, want === 0 ? 'cooling-off' : 'cross-down']);
  });
});

describe('macdTrend() sizes its position', () => {
  const enter = (over: Partial<MacdParameters>, more: Look = {}) => {
    const look = looker(parameters(over));
    look({ n: UP - 1, ...more });
    return look({ n: UP, ...more });
  };
  test('by notional at the price it would pay, and keeps to that size while prices move', () => {
    const look = looker(parameters({ sizing: 'notional', notional: '905' }));
    look({ n: UP - 1 });
    expect(look({ n: UP }).target?.position).toBe(15);
    const cheaper = view().asks.map((level) => ({ ...level, price: (level.price / 2) as typeof level.price }));
    expect(look({ n: UP, asks: cheaper, atMs: later(1_000) }).target?.position).toBe(15);
  });
  test('by volatility from the equity, and not while that is unknown', () => {
    expect(enter({ sizing: 'volatility', atrPeriod: 3 }, { equity: 10_000 }).target?.position).toBe(20);
    expect(enter({ sizing: 'volatility', atrPeriod: 3 }, { equity: 25 }).target?.position).toBe(6);
    expect(enter({ sizing: 'volatility', atrPeriod: 3 }, { equity: null })).toMatchObject({ target: null, reason: 'equity-unknown' });
    expect(enter({ sizing: 'volatility', atrPeriod: 3 })).toMatchObject({ target: null, reason: 'equity-unknown' });
  });
  test('what is held the other way is closed also where no size can be told', () => {
    expect(enter({ sizing: 'volatility', atrPeriod: 50 }, { position: SHORT })).toMatchObject({
      target: { position: 0 },
      reason: 'range-unknown',
    });
  });
});

test('the third cross is an entry again: nothing of the first is left over', () => {
  const look = looker();
  look({ closes: WAVES, n: UP - 1 });
  for (let n = UP; n < AGAIN; n++) look({ closes: WAVES, n, position: n < DOWN ? LONG : SHORT });
  expect(look({ closes: WAVES, n: AGAIN, position: SHORT })).toMatchObject({ target: { position: 20 }, reason: 'cross-up' });
});
