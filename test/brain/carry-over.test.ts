import { describe, expect, test } from 'vitest';
import { carriedOver } from '../../brain/carry-over.ts';
import type { RiskState } from '../../brain/risk/watch.ts';
import { makeRuns, type Run } from '../../brain/runs.ts';
import { type BrainState, initialState, withSettings } from '../../brain/step.ts';
import { Config, overlay } from '../../shared/config.ts';
import { wallMs } from '../../shared/units.ts';
import { config, orderDoc, runWith, settings, SYMBOL } from '../kit/brain.ts';
import { id } from '../kit/orders.ts';
import { Desk, Puppet, quote, wish } from '../kit/runs.ts';

const runsOf = (over: object) => makeRuns(Config.parse(overlay(config(), { strategy: over })));
const BEFORE = runsOf({});
const NOW_MS = wallMs(1_700_000_000_000);
const carried = (over: object, failure: string | null = null) => {
  const { seats } = initialState(settings(BEFORE));
  const [key = ''] = Object.keys(seats);
  const state = seats[key];
  if (!state) throw new Error('There is a seat');
  const [run] = runsOf(over);
  if (!run) throw new Error('There is a run');
  const { kept, seat } = carriedOver({ before: BEFORE, seats: { [key]: { ...state, failure } }, nowMs: NOW_MS });
  return { kept: kept(run), resumed: seat(key, run) !== null };
};

test.each([
  ['the same parameters', {}, { kept: true, resumed: true }],
  ['another spread, which nothing is measured by', { marketMaking: { spreadBps: 9 } }, { kept: false, resumed: true }],
  ['another half-life of the volatility', { marketMaking: { volatility: { halfLifeMs: 77_000 } } }, { kept: false, resumed: false }],
  ['another strategy', { active: 'macd-trend' }, { kept: false, resumed: false }],
])('carriedOver() with %s', (_name, over, want) => {
  expect(carried(over)).toEqual(want);
});

test('carriedOver() begins a run anew that had failed, once something of it is changed', () => {
  expect(carried({ marketMaking: { spreadBps: 9 } }, 'it threw')).toEqual({ kept: false, resumed: false });
});

test('a run that comes in the place of another waits until nothing of that rests; one that stays does not', () => {
  const [old, next, other] = [new Puppet('old'), new Puppet('next'), new Puppet('other')];
  for (const puppet of [next, other]) puppet.wish = wish({ quotes: [quote('buy', '59000.00')] });
  const before = new Desk([runWith(old.strategy), runWith(other.strategy)]);
  before.take();
  const desk = new Desk([runWith(next.strategy), runWith(other.strategy)]);
  desk.state = withSettings(before.state, { settings: desk.settings });
  const left = orderDoc({ clientId: id(1, { role: 'custom' }), role: 'custom', strategy: 'old' });
  const first = desk.take({ orders: [left] });
  expect(Desk.reasons(first)).toEqual({ next: 'draining', other: 'told' });
  expect(Desk.commands(first).map((command) => [command.kind, 'strategy' in command && command.strategy])).toEqual([
    ['cancel', false],
    ['place', 'other'],
  ]);
  const second = desk.take({ orders: [{ ...left, status: 'canceling' }] }); // asked, not gone
  expect(Desk.reasons(second)).toMatchObject({ next: 'draining' });
  desk.state = withSettings(desk.state, { settings: desk.settings, kept: () => true }); // edited again meanwhile
  expect(Desk.reasons(desk.take({ orders: [{ ...left, status: 'canceling' }] }))).toMatchObject({ next: 'draining' });
  const gone = desk.take({ orders: [{ ...left, status: 'canceled' }] });
  expect(Desk.reasons(gone)).toMatchObject({ next: 'told' });
  expect(Desk.commands(gone).some((command) => command.kind === 'place' && command.strategy === 'next')).toBe(true);
});

describe('the risk watch when runs change', () => {
  const [a, b] = [runWith(new Puppet('a').strategy), runWith(new Puppet('b').strategy)];
  const OTHER = 'ETHUSDT';
  const wide = { ...a, symbols: [SYMBOL, OTHER] };
  const acting = { alarm: 'act', warnSince: 1, actSince: 1, insideSince: null } as const;
  /** Before: run a has earned 500 since its ledger began, on all it trades, and a trade far from mid was seen. */
  const riskAfter = (runs: readonly Run[][], symbols: readonly string[] = [SYMBOL]): RiskState => {
    const [first = [], ...rest] = runs;
    const begun = initialState(settings(first, { symbols }));
    const account = { ...begun.risk.account, day: { startMs: 0, total: 500, fees: 0, funding: 0, runs: { a: 500 } } };
    const watched = { [`tradeGapBps ${SYMBOL}`]: acting, [`jumpBps ${SYMBOL}`]: acting };
    const state = { ...begun, risk: { ...begun.risk, account, watched } };
    return rest.reduce<BrainState>((last, next) => withSettings(last, { settings: settings(next, { symbols }) }), state).risk;
  };

  test.each<[string, readonly Run[][], readonly string[] | undefined, Record<string, number>]>([
    ['goes on', [[a], [a, b]], undefined, { a: 500 }],
    ['is gone, and back', [[a], [b], [a]], undefined, {}],
    ['loses a symbol', [[wide], [a]], [SYMBOL, OTHER], {}],
    ['gets another symbol', [[a], [wide]], [SYMBOL, OTHER], { a: 500 }],
  ])('counts the day of a run that %s from where that is right', (_name, runs, symbols, want) => {
    expect(riskAfter(runs, symbols).account.day).toMatchObject({ total: 500, runs: want });
    expect(Object.keys(riskAfter(runs, symbols).account.day?.runs ?? {})).toEqual(Object.keys(want));
  });

  test.each([true, false])('keeps the alarm about public trades where a run reads them: %s', (trades) => {
    const next = { ...b, strategy: { ...b.strategy, reads: { trades, bars: null } } };
    expect(Object.keys(riskAfter([[a], [next]]).watched)).toEqual([...(trades ? [`tradeGapBps ${SYMBOL}`] : []), `jumpBps ${SYMBOL}`]);
  });
});
