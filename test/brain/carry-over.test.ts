import { expect, test } from 'vitest';
import { carriedOver } from '../../brain/carry-over.ts';
import { makeRuns } from '../../brain/runs.ts';
import { initialState, withSettings } from '../../brain/step.ts';
import { Config, overlay } from '../../shared/config.ts';
import { wallMs } from '../../shared/units.ts';
import { config, orderDoc, runWith, settings } from '../kit/brain.ts';
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
