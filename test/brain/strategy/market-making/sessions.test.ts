import { expect, test } from 'vitest';
import { isOpen, openHours } from '../../../../brain/strategy/market-making/sessions.ts';
import { mmParameters } from '../../../kit/market-making.ts';

const open = (windows: readonly object[], time: string): boolean =>
  isOpen(openHours(mmParameters({ sessions: { windows } }).sessions), Date.parse(time));

// 2024-08-05 was a Monday
test.each<[string, object, string, boolean]>([
  ['its first moment', { from: '08:30', to: '16:00' }, '2024-08-05T08:30:00.000Z', true],
  ['a moment before', { from: '08:30', to: '16:00' }, '2024-08-05T08:29:59.999Z', false],
  ['its last moment', { from: '08:30', to: '16:00' }, '2024-08-05T15:59:59.999Z', true],
  ['its end', { from: '08:30', to: '16:00' }, '2024-08-05T16:00:00.000Z', false],
  ['a day that is not named', { days: ['tue', 'sun'], from: '08:30', to: '16:00' }, '2024-08-05T12:00:00Z', false],
  ['a day that is', { days: ['tue', 'sun'], from: '08:30', to: '16:00' }, '2024-08-06T12:00:00Z', true],
  ['the evening of a window over midnight', { days: ['mon'], from: '22:00', to: '02:00' }, '2024-08-05T23:00:00Z', true],
  ['the night after it', { days: ['mon'], from: '22:00', to: '02:00' }, '2024-08-06T01:59:59Z', true],
  ['the night before it', { days: ['mon'], from: '22:00', to: '02:00' }, '2024-08-05T01:00:00Z', false],
  ['the end of that night', { days: ['mon'], from: '22:00', to: '02:00' }, '2024-08-06T02:00:00Z', false],
  ['Monday morning of a window that began on Sunday', { days: ['sun'], from: '22:00', to: '02:00' }, '2024-08-05T01:59:59Z', true],
  ['Monday later', { days: ['sun'], from: '22:00', to: '02:00' }, '2024-08-05T02:00:00Z', false],
  ['a whole day', { days: ['mon'], from: '00:00', to: '00:00' }, '2024-08-05T23:59:59Z', true],
  ['the day after a whole day', { days: ['mon'], from: '00:00', to: '00:00' }, '2024-08-06T00:00:00Z', false],
])('isOpen() at %s', (_name, window, time, want) => {
  expect(open([window], time)).toBe(want);
});

test('isOpen() in any of several windows, and always when there are none', () => {
  const two = [
    { from: '01:00', to: '02:00' },
    { from: '03:00', to: '04:00' },
  ];
  expect(['00:30', '01:30', '02:30', '03:30'].map((time) => open(two, `2024-08-07T${time}:00Z`))).toEqual([false, true, false, true]);
  expect(open([], '2024-08-07T00:00:00Z')).toBe(true);
});
