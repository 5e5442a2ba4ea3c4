import { expect, test } from 'vitest';
import { type PathRecord, runExitPath } from '../kit/exits/path.ts';

/** A bounded sample of `npm run test:soak -- --exits`: refused and hanging closes, a dead gateway, a dead brain, lost feeds. */
function expectSound({ violations, closed, turns }: PathRecord): void {
  expect(violations).toEqual([]);
  expect([closed.length > 0, turns > 200]).toEqual([true, true]);
}

test.each([12, 17])(
  'path %d of hard exits on virtual time: the right rule fires, and no position outlives it longer than the ladder may take',
  async (seed) => expectSound(await runExitPath(seed)),
);

test('a path is the same twice: all of it comes from the seed', async () => {
  const first = await runExitPath(8);
  expectSound(first);
  expect(await runExitPath(8)).toEqual(first);
});
