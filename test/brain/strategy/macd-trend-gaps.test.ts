import { describe, expect, test } from 'vitest';
import { type MacdState, readMacdState } from '../../../brain/strategy/macd-state.ts';
import { macdTrend } from '../../../brain/strategy/macd-trend.ts';
import type { MacdParameters } from '../../../shared/macd-parameters.ts';
import type { BarRow } from '../../../shared/snapshot.ts';
import type { Lots } from '../../../shared/units.ts';
import { qty, view } from '../../kit/brain.ts';
import { barsOf, FIVE_MINUTES } from '../../kit/klines.ts';
import { DOWN, later, LONG, looker, parameters, SHORT, TURN, UP, WAVES } from '../../kit/macd.ts';

describe('macdTrend() over what it did not see', () => {
  test('bars that closed meanwhile are taken in one by one: the newest one is acted on', () => {
    const look = looker();
    look({ n: UP - 5 });
    expect(look({ n: UP })).toMatchObject({ target: { position: 20 }, reason: 'cross-up' });
  });

  test('a cross that was missed is no entry', () => {
    const look = looker();
    look({ n: UP - 1 });
    expect(look({ n: UP + 1 })).toMatchObject({ target: null, reason: 'cross-missed' });
    expect(look({ n: UP + 1 }).reason).toBe('no-signal');
  });

  test('a cross that was missed closes what it contradicts', () => {
    const look = looker();
    look({ n: UP - 1, position: SHORT });
    expect(look({ n: UP + 1, position: SHORT })).toMatchObject({ target: { position: 0 }, reason: 'cross-missed' });
  });

  test('two crosses that were missed: the newer counts', () => {
    const look = looker();
    look({ closes: WAVES, n: UP - 1 });
    expect(look({ closes: WAVES, n: DOWN })).toMatchObject({ target: { position: -20 }, reason: 'cross-down' });
  });

  test('an absence longer than the bars that are there begins anew, and closes what is held against the histogram', () => {
    const bars = barsOf(WAVES);
    const one = parameters();
    const strategy = macdTrend(one);
    const first = strategy.decide(view({ bars: bars.slice(0, 15) }), strategy.initial());
    const rest = { bars: bars.slice(20, DOWN + 2) }; // below zero at its end
    expect(strategy.decide(view({ ...rest, position: LONG }), first.state).wish).toMatchObject({
      target: { position: 0 },
      reason: 'cross-missed',
    });
    expect(strategy.decide(view({ ...rest, position: SHORT }), first.state).wish.target).toBeNull();
    expect(strategy.decide(view({ ...rest, position: LONG }), strategy.initial()).wish.target).toBeNull();
  });

  test('a hole in the bars begins anew after it', () => {
    const bars = barsOf(WAVES);
    const strategy = macdTrend(parameters());
    const first = strategy.decide(view({ bars: bars.slice(0, UP - 1) }), strategy.initial());
    const holed = [...bars.slice(0, UP - 1), ...bars.slice(UP)].slice(0, UP + 5);
    const { wish, state } = strategy.decide(view({ bars: holed }), first.state);
    expect(wish).toMatchObject({ target: null, reason: 'warming-up' });
    expect(state.series).toMatchObject({ barMs: holed.at(-1)![0], point: null });
  });

  test('another interval or period begins anew; what is there counts as history', () => {
    const one = parameters();
    const first = macdTrend(one).decide(view({ bars: barsOf(TURN.slice(0, UP - 1)) }), macdTrend(one).initial());
    for (const other of [parameters({ interval: '1m' }), parameters({ slowPeriod: 7 })]) {
      const bars = barsOf(TURN.slice(0, UP), { stepMs: other.interval === '1m' ? 60_000 : FIVE_MINUTES });
      const { wish, state } = macdTrend(other).decide(view({ bars, position: SHORT }), first.state);
      expect([wish.target, state.series?.barMs]).toEqual([null, bars.at(-1)![0]]);
    }
  });

  test('bars older than those taken in say nothing', () => {
    const look = looker();
    look({ n: UP });
    expect(look({ n: UP - 3 })).toMatchObject({ target: null, reason: 'no-signal' });
    expect(look({ n: UP + 1 }).reason).toBe('no-signal');
  });
});

describe('macdTrend() over a restart at the close of the bar that crosses', () => {
  type Life = { readonly state: MacdState; readonly sent: number };
  const strategy = macdTrend(parameters());
  const turn = (state: MacdState, more: { readonly n: number; readonly position?: Lots; readonly atMs?: number }): Life => {
    const decided = strategy.decide(
      view({ bars: barsOf(TURN.slice(0, more.n)), position: more.position ?? qty('0'), atMs: later(more.atMs ?? 0) }),
      state,
    );
    const stored = readMacdState(JSON.parse(JSON.stringify(decided.state)))!;
    return { state: stored, sent: decided.wish.target && decided.wish.target.position !== (more.position ?? 0) ? 1 : 0 };
  };
  const closing = (): MacdState => turn(strategy.initial(), { n: UP - 1 }).state;

  test('dead before the close, alive after it: the cross is not missed', () => {
    expect(turn(closing(), { n: UP, atMs: 4_000 }).sent).toBe(1);
  });

  test('dead after it decided and before that was stored: it decides the same again', () => {
    expect(turn(closing(), { n: UP }).sent + turn(closing(), { n: UP, atMs: 3_000 }).sent).toBe(2);
    expect(turn(closing(), { n: UP })).toEqual(turn(closing(), { n: UP }));
  });

  test('dead after it was stored and before the order left: the order is sent after all', () => {
    const stored = turn(closing(), { n: UP });
    expect(turn(stored.state, { n: UP, atMs: 3_000 }).sent).toBe(1);
  });

  test('dead after the order was filled: it is not sent twice, not at the next bar either', () => {
    const stored = turn(closing(), { n: UP });
    const back = turn(stored.state, { n: UP, position: LONG, atMs: 3_000 });
    const next = turn(back.state, { n: UP + 1, position: LONG, atMs: 300_000 });
    expect([back.sent, back.state.goal, next.sent]).toEqual([0, null, 0]);
  });

  test('dead after a part was filled: the rest is sent once', () => {
    const stored = turn(closing(), { n: UP });
    const back = turn(stored.state, { n: UP, position: qty('0.005'), atMs: 3_000 });
    expect([back.sent, turn(back.state, { n: UP, position: LONG, atMs: 3_100 }).sent]).toEqual([1, 0]);
  });
});

describe('macdTrend() on the open bar', () => {
  const open = (n: number, close = TURN[n - 1] ?? 0): BarRow => barsOf([...TURN.slice(0, n - 1), close])[n - 1]!;
  const early = (over: Partial<MacdParameters> = {}) => {
    const look = looker(parameters({ useOpenBar: true, ...over }));
    look({ n: UP - 1, openBar: open(UP, TURN[UP - 2]) });
    return look;
  };

  test('is not looked at unless told', () => {
    const look = looker();
    look({ n: UP - 1 });
    expect(look({ n: UP - 1, openBar: open(UP) }).target).toBeNull();
  });

  test('acts once: neither again on the same bar, nor at its close', () => {
    const look = early();
    expect(look({ n: UP - 1, openBar: open(UP) })).toMatchObject({ target: { position: 20 }, reason: 'cross-up' });
    expect(look({ n: UP - 1, openBar: open(UP), position: LONG }).reason).toBe('holding-long');
    expect(look({ n: UP, openBar: open(UP + 1), position: LONG })).toMatchObject({ target: null, reason: 'holding-long' });
    expect(look({ n: UP, openBar: open(UP + 1), position: qty('0'), atMs: later(9_000) }).target).toBeNull();
  });

  test('is taken back when the bar closes otherwise', () => {
    const look = early();
    look({ n: UP - 1, openBar: open(UP) });
    look({ n: UP - 1, openBar: open(UP), position: LONG });
    const closes = [...TURN.slice(0, UP - 1), (TURN[UP - 2] ?? 0) - 10];
    expect(look({ closes, position: LONG })).toMatchObject({ target: { position: 0 }, reason: 'cross-failed' });
    expect(look({ closes, position: qty('0') }).target?.position ?? 0).toBe(0);
  });

  test('a bar that does not follow the closed ones, or is unknown, is not looked at', () => {
    for (const openBar of [null, open(UP + 1), open(UP - 1)]) expect(early()({ n: UP - 1, openBar }).target).toBeNull();
  });

  test('an entry lives until the bar after has closed', () => {
    const look = early({ maxTries: 100, retryMs: 0 });
    look({ n: UP - 1, openBar: open(UP) });
    expect(look({ n: UP, atMs: later(5_000) }).target).toMatchObject({ position: 20 });
    expect(look({ n: UP + 1, atMs: later(9_000) }).reason).toBe('gave-up-long-late');
  });
});
