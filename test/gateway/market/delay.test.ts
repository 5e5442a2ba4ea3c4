import { expect, test } from 'vitest';
import { Delay } from '../../../gateway/market/delay.ts';

test('is unknown, then the first, then smooth; a clock behind is no message from the future', () => {
  const delay = new Delay();
  expect(delay.ms).toBeNull();
  expect([delay.add(40), delay.ms]).toEqual([40, 40]);
  expect([delay.add(140), delay.ms]).toEqual([140, 50]);
  expect([delay.add(-30), delay.ms]).toEqual([0, 45]);
});
