import { expect, test } from 'vitest';
import { REASONS } from '../../../../brain/strategy/market-making/reasons.ts';
import { explain } from '../../../../shared/reasons.ts';

test.each(REASONS.map((reason) => [reason]))('%s is explained to people', (reason) => {
  expect(explain(reason)).not.toBeNull();
});
