import { expect, test } from 'vitest';
import { PushPace } from '../../../gateway/publish/push-pace.ts';
import { VirtualClock } from '../../../shared/clock.ts';

/** Times of the pushes, when the top changes at these, and an own order at those in quotes. */
function pushesAt(changes: readonly (number | string)[]): readonly number[] {
  const [clock, pushes]: [VirtualClock, number[]] = [new VirtualClock(), []];
  const pace = new PushPace({ clock, push: () => pushes.push(clock.monoMs()) });
  for (const at of changes) {
    clock.advance(Number(at) - clock.monoMs());
    if (typeof at === 'number') pace.topChanged();
    else pace.ordersChanged();
  }
  clock.advance(1_000);
  return pushes;
}

test.each([
  ['a change after a quiet time at once', [5, 200], [5, 200]],
  ['the changes of one moment with it and once at its end', [5, 5, 5.5, 6.9], [5, 7]],
  ['a change after the moment at once', [5, 7], [5, 7]],
  ['a steady stream at most every two milliseconds', [1, 2, 3, 4, 5, 6, 7], [1, 3, 5, 7, 9]],
  ['orders at the end of their moment, once', ['5', '5', '6.5', '30'], [7, 32]],
  ['orders with the top that changes in the same moment', ['5', 6, 9], [6, 9]],
  ['nothing without a change', [], []],
])('pushes %s', (_name, changes, wanted) => {
  expect(pushesAt(changes)).toEqual(wanted);
});

test('a push that takes long leaves as much time to frames and commands: the changes of that time go out as one', () => {
  const [clock, pushes]: [VirtualClock, number[]] = [new VirtualClock(), []];
  const pace = new PushPace({
    clock,
    push: () => {
      pushes.push(clock.monoMs());
      clock.advance(10); // two hundred symbols
    },
  });
  clock.advance(5);
  for (let frame = 0; frame < 20; frame++) {
    pace.topChanged();
    if (frame % 2 === 0) pace.ordersChanged();
    clock.advance(1);
  }
  expect(pushes).toEqual([5, 25, 45]);
});
