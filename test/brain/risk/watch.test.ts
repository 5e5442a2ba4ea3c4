import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRisk, writeRisk } from '../../../brain/risk/row.ts';
import { FREE } from '../../../brain/risk/restrain.ts';
import {
  fromMemory,
  memoryOf,
  NO_RISK,
  restraintFor,
  type RiskState,
  runPlace,
  wantsStop,
  watchRisk,
  worstOf,
} from '../../../brain/risk/watch.ts';
import { type MonitorName, Risk } from '../../../shared/risk.ts';
import { SYMBOL } from '../../kit/brain.ts';
import { book, input, type Over, P, profit, reading, run, steady } from '../../kit/risk.ts';

describe('readings of the account', () => {
  test.each<[MonitorName, readonly (readonly [number, Over?])[], number | null]>([
    ['dailyLossPercent', [[0], [100, profit(-60)]], 0.6],
    ['dailyLossPercent', [[0], [100, profit(60)]], 0],
    [
      'dailyLossPercent',
      [
        [0, profit(-60)],
        [43_200_000, profit(-60)],
      ],
      0,
    ], // midnight
    ['drawdownPercent', [[0], [100, profit(500)], [200, profit(100)]], 4],
    ['drawdownPercent', [[0], [100, profit(500)], [43_200_000, profit(100)]], 4], // midnight changes nothing
    ['feesPercent', [[0], [100, profit(0, { fees: 25 })]], 0.25],
    ['fundingPaidPercent', [[0], [100, profit(0, { funding: -30 })]], 0.3],
    ['fundingPaidPercent', [[0], [100, profit(0, { funding: 30 })]], 0],
    ['runLossPercent', [[0], [100, { account: { runs: { mm: -50 } } }]], 0.5],
    [
      'runLossPercent',
      [
        [0, { account: { runs: {} } }],
        [100, { account: { runs: { mm: -50 } } }],
      ],
      0,
    ], // a run that is new begins here
    ['concentrationPercent', [[0, { account: { largestPercent: 120 } }]], 120],
    [
      'ordersPerMinute',
      [
        [0, { deeds: { orders: 7 } }],
        [30_000, { deeds: { orders: 2 } }],
      ],
      9,
    ],
    [
      'ordersPerMinute',
      [
        [0, { deeds: { orders: 7 } }],
        [60_000, { deeds: { orders: 2 } }],
      ],
      2,
    ],
    ['cancelsPerMinute', [[0, { deeds: { cancels: 3 } }]], 3],
    ['fillsPerMinute', [[0, { deeds: { fills: 4 } }]], 4],
    ['ordersPerFill', [[0, { deeds: { orders: 499 } }]], 0],
    ['ordersPerFill', [[0, { deeds: { orders: 500, fills: 2 } }]], 250],
    ['rejectPercent', [[0, { deeds: { orders: 29, refused: 9 } }]], 0],
    ['rejectPercent', [[0, { deeds: { orders: 40, refused: 10 } }]], 25],
    ['errorPercent', [[0, { deeds: { orders: 35, cancels: 5, unanswered: 4 } }]], 10],
    ['errorPercent', [[0, { deeds: { orders: 10, reads: 30, readsFailed: 8 } }]], 20],
    ['errorPercent', [[0, { deeds: { reads: 40, readsFailed: 10 } }]], 25], // nothing is sent, because nothing can be read
    ['feedAgeMs', [[0, { account: { lateMs: 70 } }]], 70],
    ['feedAgeMs', [[0], [900]], 900],
    ['feedAgeMs', [[0], [900, { account: { epoch: 4 } }]], 10], // another run of the gateway
    [
      'drawdownPercent',
      [
        [0, profit(600)],
        [100, { account: { ...profit(0).account, fillSeq: 3 } }],
      ],
      0,
    ], // another ledger
    ['acknowledgeMs', [[0, { deeds: { acknowledged: [1, 2, 3, 4, 5, 6, 7, 8, 9] } }]], 0],
    ['acknowledgeMs', [[0, { deeds: { acknowledged: [1, 2, 3, 4, 5, 6, 7, 8, 9, 500] } }]], 500],
    ['acknowledgeMs', [[0, { deeds: { acknowledged: Array(20).fill(5) } }], [60_001]], 0],
  ])('%s of %j is %s', (monitor, turns, want) => {
    const value = reading(run(turns), monitor);
    if (want === null) expect(value).toBeNull();
    else expect(value).toBeCloseTo(want, 9);
  });

  test('what is not known is not zero', () => {
    const turn = run([[0, { account: { equity: null, earned: null, largestPercent: null } }]]);
    for (const monitor of ['dailyLossPercent', 'drawdownPercent', 'feesPercent', 'fundingPaidPercent'] as const)
      expect(reading(turn, monitor)).toBeNull();
  });
});

describe('readings of a symbol', () => {
  const lots = (position: number): Over => ({ market: { position } });
  /** Best prices are further from mid than the depth that is looked at. */
  const far = (forMs: number): [number, Over][] => steady(forMs).map(([atMs]) => [atMs, { market: book('59900.00', '60100.00') }]);
  test.each<[MonitorName, readonly (readonly [number, Over?])[], number | null]>([
    ['positionPercent', [[0, lots(-100)]], 60.00005], // 0.1 at 60000.05 of 10000
    ['positionPercent', [[0, { market: { position: null } }]], null],
    [
      'positionAgeMinutes',
      [
        [0, lots(5)],
        [600_000, lots(9)],
      ],
      10,
    ],
    [
      'positionAgeMinutes',
      [
        [0, lots(5)],
        [300_000, lots(-5)],
        [600_000, lots(-5)],
      ],
      5,
    ],
    [
      'positionAgeMinutes',
      [
        [0, lots(5)],
        [600_000, lots(0)],
      ],
      0,
    ],
    ['spreadBps', [[0, { market: book('59970.00', '60030.00') }]], 10],
    ['jumpBps', [[0], [500, { market: book('60300.00', '60300.10') }]], 50],
    ['jumpBps', [[0], [1_001, { market: book('60300.00', '60300.10') }]], 0],
    ['bookAgeMs', [[0, { market: { bookAgeMs: 900 } }]], 900],
    ['markGapBps', [[0, { market: { markTicks: 597_000 } }]], 50.2596],
    ['markGapBps', [[0, { market: { markTicks: null } }]], null],
    ['tradeGapBps', [[0, { market: { tradeTicks: 597_000 } }]], 50.2596],
    ['tradeGapBps', [[0, { market: { tradeTicks: 597_000 } }], [1_000]], 50.2596],
    ['tradeGapBps', [[0, { market: { tradeTicks: 597_000 } }], [1_001]], null],
    ['fundingPercent', [[0, { market: { fundingRate: -0.003 } }]], 0.3],
    ['depthShare', steady(59_900), null],
    ['depthShare', [...steady(70_000), [70_000, { market: book('60000.00', '60000.10', '0.100') }]], 0.1],
    ['depthShare', far(70_000), null], // where usually nothing is within reach, nothing is missing
    ['volatilityRatio', steady(59_900), null],
  ])('%s, case %#', (monitor, turns, want) => {
    const value = reading(run(turns), monitor);
    if (want === null) expect(value).toBeNull();
    else expect(value).toBeCloseTo(want, 3);
  });

  test('volatilityRatio is about one in an even market, and high after a burst', () => {
    const moved = (i: number, by: number): Over => ({
      market: i % 2 ? book('60000.00', '60000.10') : book(`${60_000 + by}.00`, `${60_000 + by}.10`),
    });
    const even: [number, Over][] = Array.from({ length: 900 }, (_, i) => [i * 100, moved(i, 5)]);
    const burst: [number, Over][] = Array.from({ length: 100 }, (_, i) => [90_000 + i * 100, moved(i, 100)]);
    expect(reading(run(even), 'volatilityRatio')).toBeCloseTo(1, 1);
    expect(reading(run([...even, ...burst]), 'volatilityRatio')).toBeGreaterThan(2);
  });

  test('a book that is not live reads as not known', () => {
    const turn = run([[0, { market: { bids: null, asks: null } }]]);
    for (const monitor of ['spreadBps', 'jumpBps', 'markGapBps', 'depthShare'] as const) expect(reading(turn, monitor)).toBeNull();
  });
});

describe('places', () => {
  const restrained = (state: RiskState, symbol = SYMBOL, name = 'mm') => restraintFor(state, { symbol, run: name, parameters: P });

  test('a jump pauses its symbol, no other', () => {
    const turn = run([[0], [100, { market: { ...book('60700.00', '60700.10'), markTicks: null } }]]);
    expect(restrained(turn.state)).toMatchObject({ nothing: true });
    expect(restrained(turn.state, 'ETHUSDT')).toBe(FREE);
    expect(turn.events).toContainEqual({
      kind: 'alarm',
      monitor: 'jumpBps',
      where: SYMBOL,
      alarm: 'act',
      reading: expect.closeTo(116.67, 1),
    });
    expect(turn.events).toContainEqual({
      kind: 'breaker',
      where: SYMBOL,
      event: { kind: 'opened', tier: 'pause', findings: [expect.objectContaining({ monitor: 'jumpBps', threshold: 100 })] },
    });
  });

  test.each([
    [1_900, 'closed'],
    [2_000, 'open'],
  ])('a book that is thin for %d ms: its breaker is %s', (forMs, at) => {
    const thin = Array.from({ length: forMs / 100 + 1 }, (_, i): [number, Over] => [
      70_000 + i * 100,
      { market: book('60000.00', '60000.10', '0.020') },
    ]);
    expect(run([...steady(70_000), ...thin]).state.breakers[SYMBOL]?.at ?? 'closed').toBe(at);
  });

  test('a run that loses is paused everywhere, the others go on', () => {
    const losing = { account: { runs: { mm: -70, trend: 0 } } };
    const { state } = run([
      [0, { account: { runs: { mm: 0, trend: 0 } } }],
      [100, losing],
    ]);
    expect([restrained(state).nothing, restrained(state, SYMBOL, 'trend')]).toEqual([true, FREE]);
    expect(worstOf(state)?.where).toBe(runPlace('mm'));
  });

  test('a drawdown asks for the emergency stop, and holds until a person resumed', () => {
    const lost = profit(-600);
    const { state } = run([[0], [100, lost]]);
    expect([wantsStop(state), restrained(state, 'ETHUSDT').nothing]).toEqual(['breaker of account: drawdownPercent 6, allowed 5', true]);
    const { state: later } = watchRisk(state, input(3_600_000, { ...profit(0), stopped: true }));
    expect([wantsStop(later), restrained(later).nothing]).toEqual([null, true]);
    const again = watchRisk(fromMemory(memoryOf(later)), input(3_600_100, lost));
    // resumed while it was dead: the fall is accepted, what the day has lost still pauses
    expect([wantsStop(again.state), worstOf(again.state)?.state]).toMatchObject([null, { at: 'open', tier: 'pause' }]);
    expect(wantsStop(watchRisk(again.state, input(3_600_200, profit(-1_200))).state)).toContain('drawdownPercent'); // the next one is not
  });

  test('a stop that was never seen to hold is asked for until it is, also after a restart', () => {
    const { state } = run([[0], [100, profit(-600)], [99_000, profit(0)]]);
    expect(wantsStop(fromMemory(JSON.parse(JSON.stringify(memoryOf(state)))))).toContain('drawdownPercent');
  });

  test('a symbol of which nothing is known is neither danger nor recovery', () => {
    const opened = run([[0], [100, { market: { ...book('60700.00', '60700.10'), markTicks: null } }]]).state;
    const blind = watchRisk(opened, { ...input(99_000), symbols: { [SYMBOL]: null } });
    expect(restrained(blind.state)).toMatchObject({ nothing: true });
    expect(blind.readings.filter(({ where, value }) => where === SYMBOL && value !== null)).toEqual([]);
  });

  test('a monitor that is off is read, and restrains nothing', () => {
    const parameters = Risk.parse({ monitors: { jumpBps: { on: false } } });
    const first = watchRisk(NO_RISK, input(0, {}, parameters));
    const turn = watchRisk(first.state, input(100, { market: { ...book('60700.00', '60700.10'), markTicks: null } }, parameters));
    expect(reading(turn, 'jumpBps')).toBeGreaterThan(100);
    expect(restrained(turn.state)).toBe(FREE);
  });

  test('a restart keeps breakers, day, highest profit and age of a position', () => {
    const { state } = run([[0], [100, { ...profit(500), market: { position: 5 } }], [200, { ...profit(-100), market: { position: 5 } }]]);
    const again = fromMemory(JSON.parse(JSON.stringify(memoryOf(state))));
    const now: [number, Over] = [600_100, { ...profit(-100), market: { position: 5 } }];
    for (const monitor of ['drawdownPercent', 'dailyLossPercent', 'positionAgeMinutes'] as const)
      expect(reading(run([now], again), monitor)).toBeCloseTo(reading(run([now], state), monitor) ?? Number.NaN, 9);
    expect(again.breakers).toEqual(state.breakers);
  });
});

const reborn = (state: RiskState): RiskState => fromMemory(readRisk(writeRisk(memoryOf(state))));

describe('a restart under other symbols', () => {
  type Earning = Readonly<Record<string, number>>;
  const of = (earning: Earning | null): Over => {
    if (earning === null) return { account: { earned: null, parts: null } };
    const parts = Object.entries(earning).map(([symbol, total]) => [symbol, { total, fees: 0, funding: 0 }]);
    return { account: { ...profit(Object.values(earning).reduce((sum, one) => sum + one, 0)).account, parts: Object.fromEntries(parts) } };
  };
  const both = { BTCUSDT: 100, ETHUSDT: 700 };
  test.each<[string, readonly (Earning | null)[], readonly (Earning | null)[], { readonly loss: number; readonly fall: number }]>([
    ['a winner is gone', [both], [{ BTCUSDT: 100 }], { loss: 0, fall: 0 }],
    ['a loser of today is gone', [both, { BTCUSDT: 100, ETHUSDT: 640 }], [{ BTCUSDT: 100 }], { loss: 0.6, fall: 0.6 }],
    ['one is new that had lost before', [both], [{ ...both, XRPUSDT: -900 }], { loss: 0, fall: 0 }],
    ['one is gone, and the other lost meanwhile', [both], [{ BTCUSDT: 40 }], { loss: 0.6, fall: 0.6 }],
    ['what is left is not known at first', [both, null], [null, { BTCUSDT: 40 }], { loss: 0.6, fall: 0.6 }],
    ['nothing is other', [both], [{ BTCUSDT: 100, ETHUSDT: 640 }], { loss: 0.6, fall: 0.6 }],
  ])('%s: neither a loss nor a profit of today', (_name, before, after, want) => {
    const turns = (some: readonly (Earning | null)[], from: number) => some.map((one, i): [number, Over] => [from + i * 100, of(one)]);
    const turn = run(turns(after, 10_000), reborn(run(turns(before, 0)).state));
    expect(reading(turn, 'dailyLossPercent')).toBeCloseTo(want.loss, 9);
    expect(reading(turn, 'drawdownPercent')).toBeCloseTo(want.fall, 9);
  });
});

describe('a loss that cannot be read any more holds what it has opened', () => {
  const mm = (profitOfRun: number | null): Over => ({ account: { runs: { mm: profitOfRun } } });
  const blind: Over = { account: { earned: null, parts: null } };
  const minutes = (over: Over, from: number): [number, Over][] => Array.from({ length: 40 }, (_, i) => [from + i * 5_000, over]);
  const isPaused = (state: RiskState): boolean => restraintFor(state, { symbol: SYMBOL, run: 'mm', parameters: P }).nothing;

  test.each<[string, readonly (readonly [number, Over?])[], Over, (state: RiskState) => RiskState]>([
    [
      'of a run',
      [
        [0, mm(0)],
        [100, mm(-70)],
      ],
      mm(null),
      (state) => state,
    ],
    [
      'of a run, after a restart',
      [
        [0, mm(0)],
        [100, mm(-70)],
      ],
      mm(null),
      reborn,
    ],
    ['of the account', [[0], [100, profit(-90)]], blind, (state) => state],
    ['of the account, after a restart', [[0], [100, profit(-90)]], blind, reborn],
  ])('%s', (_name, lost, unknown, between) => {
    const held = run(minutes(unknown, 200), between(run(lost).state));
    expect(isPaused(held.state)).toBe(true);
    expect(isPaused(run(minutes({}, 300_000), held.state).state)).toBe(false); // known to be over
  });

  test('a run that nobody can value at first has lost nothing before', () => {
    expect(
      reading(
        run([
          [0, mm(null)],
          [100, mm(-500)],
        ]),
        'runLossPercent',
      ),
    ).toBe(0);
  });
});

const anyOver = fc.record({
  account: fc.record({
    earned: fc.record({
      total: fc.integer({ min: -900, max: 900 }),
      fees: fc.nat({ max: 90 }),
      funding: fc.integer({ min: -90, max: 90 }),
    }),
  }),
  market: fc.record({ position: fc.integer({ min: -200, max: 200 }), bookAgeMs: fc.option(fc.nat({ max: 4_000 })) }),
  deeds: fc.record({ orders: fc.nat({ max: 80 }), refused: fc.nat({ max: 20 }) }),
});

test('watchRisk(): same inputs, same outputs; state is plain data; nothing grows without a bound', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 50, max: 3_000 }), anyOver), { maxLength: 60 }), (steps) => {
      let [state, through, at] = [NO_RISK, NO_RISK, 0];
      for (const [gapMs, over] of steps) {
        at += gapMs;
        state = watchRisk(state, input(at, over)).state;
        through = JSON.parse(JSON.stringify(watchRisk(through, input(at, over)).state)) as RiskState;
      }
      expect(through).toEqual(state);
      expect(JSON.stringify(state).length).toBeLessThan(40_000);
    }),
    { numRuns: 50 },
  );
});
