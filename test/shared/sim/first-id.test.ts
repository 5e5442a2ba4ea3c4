import { expect, test } from 'vitest';
import { firstId } from '../../../shared/sim/first-id.ts';

test('firstId() leaves a thousand ids for each second that an earlier simulator ran', () => {
  const [early, late] = [1_795_239_380_900, 1_795_239_440_100];
  expect(firstId(late) - firstId(early)).toBe(60_000);
  expect(Number.isSafeInteger(firstId(late) + 1e9)).toBe(true);
});
