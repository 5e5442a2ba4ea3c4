import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CommandPace } from '../../../gateway/orders/command-pace.ts';
import { monoMs } from '../../../shared/units.ts';

const pace = (over = {}) => new CommandPace(() => ({ maxCommandsPerSecond: 10, maxOrdersPerFill: 100, ...over }));
const codes = (one: CommandPace, times: readonly number[]) => times.map((at) => one.check(monoMs(at))?.code ?? 'ok');

test('a burst of the rate is let through, one more is not, and time brings room', () => {
  const one = pace();
  expect(
    codes(
      one,
      Array.from({ length: 11 }, () => 1_000),
    ),
  ).toEqual([...Array.from({ length: 10 }, () => 'ok'), 'limit-rate']);
  expect(codes(one, [1_999, 2_000, 2_000])).toEqual(['limit-rate', 'ok', 'ok']);
});

test('never more in any second than allowed, however commands come', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat({ max: 30 }), fc.nat({ max: 400 })), { maxLength: 200 }), (gaps) => {
      const one = pace();
      const taken: number[] = [];
      let at = 0;
      for (const gap of gaps) {
        at += gap;
        if (one.check(monoMs(at)) === null) taken.push(at);
      }
      for (const from of taken) expect(taken.filter((each) => each >= from && each < from + 1_000).length).toBeLessThanOrEqual(10);
    }),
  );
});

test('orders without fills: refused above the limit, not just at it; fills and the passing hour make room', () => {
  const one = pace({ maxOrdersPerFill: 600, maxCommandsPerSecond: 1_000 });
  for (let n = 0; n < 600; n++) one.sent(monoMs(0));
  expect(codes(one, [1_000])).toEqual(['ok']);
  one.sent(monoMs(0));
  expect(one.check(monoMs(2_000))).toEqual({
    code: 'limit-order-to-fill',
    why: '601 orders brought 0 fills within an hour, limit is 600 for each',
  });
  one.filled(2, monoMs(2_000));
  expect(codes(one, [3_000])).toEqual(['ok']);
  expect(one.lastHour(monoMs(59 * 60_000 + 59_999)).orders).toBe(601);
  expect(one.lastHour(monoMs(60 * 60_000)).orders).toBe(0);
});

test('few orders say nothing, whatever they brought', () => {
  const one = pace({ maxOrdersPerFill: 1 });
  for (let n = 0; n < 499; n++) one.sent(monoMs(0));
  expect(codes(one, [1])).toEqual(['ok']);
});
