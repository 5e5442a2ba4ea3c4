import fc from 'fast-check';
import { expect, test } from 'vitest';
import { solve } from '../../../brain/signals/solve.ts';

// x + 2y = 5, 3x + 4y = 11: x = 1, y = 2
test('solve() finds the one answer, needing a pivot or not', () => {
  expect(
    solve(
      [
        [1, 2],
        [3, 4],
      ],
      [5, 11],
    ),
  ).toEqual([expect.closeTo(1, 12), expect.closeTo(2, 12)]);
  expect(
    solve(
      [
        [0, 1],
        [1, 0],
      ],
      [7, 8],
    ),
  ).toEqual([8, 7]);
});

test('solve() says so when there is none, or many', () => {
  expect(
    solve(
      [
        [1, 2],
        [2, 4],
      ],
      [1, 2],
    ),
  ).toBeNull();
});

test('solve() puts back into the equations what it found', () => {
  const row = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(row, { minLength: 5, maxLength: 5 }), row, (noise, right) => {
      const matrix = noise.map((cells, i) => cells.map((cell, j) => cell / 10 + (i === j ? 1 : 0)));
      const found = solve(matrix, right)!;
      for (const [i, cells] of matrix.entries())
        expect(cells.reduce((sum, cell, j) => sum + cell * found[j]!, 0)).toBeCloseTo(right[i]!, 9);
    }),
  );
});
