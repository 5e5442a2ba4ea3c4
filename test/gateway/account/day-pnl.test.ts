import { expect, test } from 'vitest';
import { DayPnl } from '../../../gateway/account/day-pnl.ts';
import { type Atoms, parseAtoms, wallMs, ZERO_ATOMS } from '../../../shared/units.ts';

const money = (text: string): Atoms => parseAtoms(text) ?? ZERO_ATOMS;
const NOON = Date.UTC(2026, 10, 26, 12);
const MIDNIGHT = Date.UTC(2026, 10, 27);

/** A day whose text is kept as a disk would. */
function days(start: string | null = null) {
  const disk = { text: start, full: false };
  const save = (text: string): boolean => {
    if (!disk.full) disk.text = text;
    return !disk.full;
  };
  const open = () => new DayPnl({ saved: disk.text, save });
  return { disk, open };
}
const look = (day: DayPnl, earned: string, nowMs: number, asset = 'USDT') =>
  day.look({ asset, earned: money(earned), nowMs: wallMs(nowMs) });

test('counts from the first look of the day, each asset by itself', () => {
  const day = days().open();
  expect([look(day, '70', NOON), look(day, '65', NOON + 1), look(day, '9', NOON + 1, 'USDC')]).toEqual([
    money('0'),
    money('-5'),
    money('0'),
  ]);
});

test('begins anew at midnight UTC, not a millisecond before', () => {
  const day = days().open();
  look(day, '70', NOON);
  expect(look(day, '60', MIDNIGHT - 1)).toBe(money('-10'));
  expect(look(day, '60', MIDNIGHT)).toBe(money('0'));
  expect(look(day, '61', MIDNIGHT + 1)).toBe(money('1'));
});

test('goes on over a restart, and a loss that went too far stays until midnight', () => {
  const { open } = days();
  const first = open();
  look(first, '70', NOON);
  expect([first.lose('USDT'), first.lose('USDT'), first.hasLost('USDT'), first.hasLost('USDC')]).toEqual([true, false, true, false]);
  const second = open();
  expect([look(second, '75', NOON + 5), second.hasLost('USDT')]).toEqual([money('5'), true]);
  look(second, '75', MIDNIGHT);
  expect(second.hasLost('USDT')).toBe(false);
});

test('a person who resumes makes the loss count from there', () => {
  const day = days().open();
  look(day, '70', NOON);
  look(day, '10', NOON + 1);
  day.lose('USDT');
  day.forgive();
  expect([day.hasLost('USDT'), look(day, '10', NOON + 2)]).toEqual([false, money('0')]);
});

test('a clock that goes back does not begin an older day', () => {
  const day = days().open();
  look(day, '70', MIDNIGHT + 5);
  expect(look(day, '60', MIDNIGHT - 5)).toBe(money('-10'));
});

test('what a full disk did not take is written when it is back', () => {
  const { disk, open } = days();
  const day = open();
  look(day, '70', NOON);
  disk.full = true;
  day.lose('USDT');
  expect(open().hasLost('USDT')).toBe(false);
  disk.full = false;
  day.retry();
  expect(open().hasLost('USDT')).toBe(true);
});

test('what is booked only now and is of an earlier day is no profit of this one', () => {
  const { open } = days();
  const day = open();
  look(day, '70', MIDNIGHT + 1);
  day.bookedLate({ asset: 'USDT', amount: money('-3'), atMs: MIDNIGHT - 1 });
  expect(look(day, '67', MIDNIGHT + 2)).toBe(money('0'));
  day.bookedLate({ asset: 'USDT', amount: money('-2'), atMs: MIDNIGHT });
  day.bookedLate({ asset: 'USDC', amount: money('-2'), atMs: MIDNIGHT - 1 }); // not looked at yet: it is in the first look
  expect([look(day, '65', MIDNIGHT + 3), look(open(), '65', MIDNIGHT + 4), look(day, '-2', MIDNIGHT + 3, 'USDC')]).toEqual([
    money('-2'),
    money('-2'),
    money('0'),
  ]);
});
