import { describe, expect, test } from 'vitest';
import { compare, type Comparing, unexplained } from '../../../../scripts/lib/parity/compare.ts';
import type { Command, Fill } from '../../../../scripts/lib/parity/intents.ts';
import { parityLines } from '../../../../scripts/lib/parity/lines.ts';
import { WIDTH } from '../../../../scripts/lib/table.ts';
import type { Parity } from '../../../../scripts/lib/parity/parity.ts';

const symbol = 'BTCUSDT';
const place = (clientId: string, over: Partial<Command> = {}): Command => ({
  ...{ kind: 'place', clientId, symbol, side: 'buy', price: '100.0', size: '0.010', decidedMs: 1_000, actedMs: 1_010, trouble: null },
  ...over,
});
const fill = (clientId: string, over: Partial<Fill> = {}): Fill => ({
  ...{ atMs: 2_000, symbol, clientId, side: 'buy', price: '100.0', size: '0.010', maker: true, fee: '0.0002', foreign: false },
  ...over,
});
const compared = (over: Partial<Comparing>) =>
  compare({
    real: { commands: [place('r')], fills: [fill('r')] },
    simulated: { commands: [place('s')], fills: [fill('s')] },
    ...{ gaps: [], jitterMs: 10, turnMs: 50, marks: { BTCUSDT: 101 } },
    ...over,
  });
type Side = Comparing['real'];
const causes = (over: Partial<Comparing>) => compared(over).differences.map(({ on, cause }) => `${on} ${cause}`);
const onlyReal = (simulated: Side, real: Side = { commands: [place('r')], fills: [fill('r')] }) => causes({ real, simulated });

describe('compare()', () => {
  test('finds nothing where both sides did the same, however their orders are named', () => {
    expect(compared({})).toMatchObject({
      ...{ share: 1, differences: [], rows: [], commands: { real: 1, simulated: 1, equal: 1 }, fills: { equal: 1 } },
      apartMs: { median: 0, most: 0 },
    });
  });

  test.each<[string, Side, readonly string[]]>([
    ['an order that was not reached there', { commands: [place('s')], fills: [] }, ['real queue']],
    ['one that came too late there', { commands: [place('s', { actedMs: 2_005 })], fills: [] }, ['real latency']],
    ['one that never came there', { commands: [place('s', { actedMs: null })], fills: [] }, ['real latency']],
    ['one that the venue rejected there', { commands: [place('s', { trouble: 'rejected:would-take' })], fills: [] }, ['real reject']],
    [
      'one that the guard refused there',
      { commands: [place('s', { trouble: 'refused:collar', actedMs: null })], fills: [] },
      ['real reject'],
    ],
    [
      'one that was cancelled there in time',
      {
        commands: [
          place('s'),
          { ...place('s', { kind: 'cancel', decidedMs: 1_900, actedMs: 1_950 }), side: null, price: null, size: null },
        ],
        fills: [],
      },
      ['real canceled'],
    ],
    [
      'one that was moved there in time',
      { commands: [place('s'), place('s', { kind: 'amend', price: '99.0', decidedMs: 1_900, actedMs: 1_950 })], fills: [] },
      ['real canceled'],
    ],
    ['a wish that was not there', { commands: [], fills: [] }, ['real decision']],
    [
      'a fill in other parts',
      { commands: [place('s')], fills: [fill('s', { size: '0.004' }), fill('s', { size: '0.006' })] },
      ['real queue', 'simulated queue', 'simulated queue'],
    ],
    ['a fill at another time', { commands: [place('s')], fills: [fill('s', { atMs: 2_500 })] }, ['real queue', 'simulated queue']],
  ])('names the cause of %s', (_name, simulated, want) => {
    expect(onlyReal(simulated).filter((one) => want.includes(one))).toEqual(want);
  });

  test('sees a hole of the tape before anything else, and an order of the gateway as such', () => {
    expect(causes({ simulated: { commands: [place('s')], fills: [] }, gaps: [4_000] })).toEqual(['real feed']);
    const stop = fill('gateway', { foreign: true });
    expect(causes({ real: { commands: [], fills: [stop] }, simulated: { commands: [], fills: [] } })).toEqual(['real gateway']);
  });

  test('tells what follows from an earlier difference as drift, and what began it', () => {
    const quiet = { commands: [place('s')], fills: [] };
    const later = [place('r2', { decidedMs: 5_000, actedMs: 5_010, price: '98.0' })];
    const real = { commands: [place('r'), ...later], fills: [fill('r'), fill('r2', { atMs: 6_000, price: '98.0' })] };
    const { differences } = compared({ real, simulated: quiet });
    expect(differences.map(({ cause, sentence }) => `${cause}: ${sentence}`)).toEqual([
      'queue: there it rested and was not reached',
      'drift: apart for 4.0 s: queue',
    ]);
    expect(unexplained(compared({ real, simulated: quiet }))).toEqual([]);
  });

  test('does not call explained what began with a decision that nothing explains', () => {
    const real = {
      commands: [place('r'), place('r2', { decidedMs: 5_000, actedMs: 5_010, price: '98.0' })],
      fills: [fill('r2', { atMs: 7_000, price: '98.0' })],
    };
    const comparison = compared({ real, simulated: { commands: [place('s')], fills: [] } });
    expect(comparison.differences.map(({ cause }) => cause)).toEqual(['decision']);
    expect(unexplained(comparison)).toHaveLength(1);
  });

  test('splits the drift by cause so that the parts add up to what the profits differ by', () => {
    const real = {
      commands: [place('r')],
      fills: [fill('r', { fee: '0.0004' }), fill('gateway', { foreign: true, side: 'sell', atMs: 3_000 })],
    };
    const simulated = { commands: [place('s')], fills: [fill('s'), fill('s2', { price: '100.5', atMs: 4_000 })] };
    const { rows, money } = compared({ real, simulated });
    expect(rows.map(({ cause }) => cause)).toEqual(['gateway', 'fee', 'unexplained']);
    expect(rows.reduce((sum, row) => sum + row.money, 0)).toBeCloseTo(money.simulated - money.real, 9);
  });
});

test('parityLines() fit a terminal of 80 columns', () => {
  const comparison = compared({ simulated: { commands: [place('s', { actedMs: 2_005 })], fills: [] } });
  const session = {
    config: { environment: 'sim', symbols: [symbol] },
    firstMs: 0,
    endMs: 9_000,
    notes: ['a long word '.repeat(12)],
    gaps: [],
  };
  const calibration = {
    ...{ orderLatency: 'lognormal:8.537:0.845', responseLatency: null, feedLatency: null, queue: null, lookMs: null, fills: 1, orders: 1 },
    fees: { makerBps: 2, takerBps: null },
  };
  const trials = [{ ways: 'recorded', queueModel: 'square-proportional', simulated: 0, equal: 0, share: 0 }];
  const parity = { session, comparison, calibration, trials, jitterMs: 10 } as unknown as Parity;
  const lines = parityLines(parity, 0.99);
  expect(lines.filter((line) => line.length > WIDTH)).toEqual([]);
  expect(lines.join('\n')).toMatch(/0\.0 % of the fills equal, is below the goal of 99 %; every difference\s+has a cause/);
});
