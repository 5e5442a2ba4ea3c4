import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  atoms,
  countSteps,
  decimalsOf,
  formatAtoms,
  formatSteps,
  lots,
  parseAtoms,
  sumDecimals,
  ticks,
  trimDecimal,
} from '../../shared/units.ts';

const step = fc.constantFrom('0.10', '0.1', '0.01', '0.001', '1', '5', '0.5', '0.0000001', '0.25', '10');
const count = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });

test('countSteps() reads back what formatSteps() wrote, for every step and count', () => {
  fc.assert(
    fc.property(step, count, (size, n) => {
      expect(countSteps({ text: formatSteps({ count: n, step: size }), step: size })).toBe(n);
    }),
  );
});

test('formatSteps() writes exactly the decimals of the step, and never an exponent', () => {
  fc.assert(
    fc.property(step, count, (size, n) => {
      const text = formatSteps({ count: n, step: size });
      expect(text).toMatch(/^-?\d+(\.\d+)?$/);
      expect(decimalsOf(text)).toBe(decimalsOf(size));
    }),
  );
});

/** In whole numbers of any size, as slowly as they come. */
function exactSteps(text: string, size: string): number | null {
  const read = (value: string): readonly [bigint, number] | null => {
    const match = /^(-?\d+)(?:\.(\d+))?$/.exec(value);
    return match ? [BigInt(`${match[1]}${match[2] ?? ''}`), match[2]?.length ?? 0] : null;
  };
  const [a, b] = [read(text), read(size)];
  if (!a || !b) return null;
  const scale = Math.max(a[1], b[1]);
  const [value, unit] = [a, b].map(([n, decimals]) => n * 10n ** BigInt(scale - decimals)) as [bigint, bigint];
  if (unit === 0n || value % unit !== 0n) return null;
  const steps = Number(value / unit);
  return Number.isSafeInteger(steps) ? steps : null;
}

test('countSteps() is exact for every text, long or malformed, and every step', () => {
  const anyText = fc.oneof(
    fc.stringMatching(/^-?\d{1,20}(\.\d{1,20})?$/),
    fc.stringMatching(/^-?\d{1,6}(\.\d{1,9})?$/),
    fc.stringMatching(/^[-.\d]{0,6}$/),
  );
  const anyStep = fc.oneof(step, fc.stringMatching(/^\d{1,3}(\.\d{1,18})?$/));
  fc.assert(
    fc.property(anyText, anyStep, (text, size) => {
      expect(countSteps({ text, step: size })).toBe(exactSteps(text, size));
    }),
    { numRuns: 2_000 },
  );
});

test('formatSteps() of counts beyond what a double multiplies exactly', () => {
  expect(formatSteps({ count: Number.MAX_SAFE_INTEGER, step: '0.25' })).toBe('2251799813685247.75');
  expect(formatSteps({ count: -Number.MAX_SAFE_INTEGER, step: '0.01' })).toBe('-90071992547409.91');
});

test.each([
  ['30012.5', '0.10', 300_125],
  ['30012.50', '0.10', 300_125],
  ['30012.500000', '0.1', 300_125],
  ['-0.5', '0.5', -1],
  ['-0.0', '0.1', 0],
  ['7', '5', null],
  ['30012.55', '0.10', null],
  ['0.1', '1', null],
  ['', '1', null],
  ['.5', '0.1', null],
  ['5.', '0.1', null],
  ['1e3', '1', null],
  ['0x10', '1', null],
  [' 1', '1', null],
  ['+1', '1', null],
  ['1,000', '1', null],
  ['NaN', '1', null],
  ['1', '0', null],
  ['1', '0.00', null],
  ['1', 'x', null],
  ['9007199254740993', '1', null],
  ['900719925474099.3', '0.1', null],
])('countSteps() of %j in steps of %j is %j', (text, size, want) => {
  expect(countSteps({ text, step: size })).toBe(want);
});

test('parseAtoms() reads back what formatAtoms() wrote, far beyond 2^53', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (n) => {
      expect(parseAtoms(formatAtoms(atoms(n)))).toBe(n);
    }),
  );
});

test.each([
  ['1.5', 150_000_000n],
  ['-0.00000001', -1n],
  ['1.500000000000', 150_000_000n],
  ['0.000000001', null],
  ['1e2', null],
  ['', null],
  ['--1', null],
])('parseAtoms() of %s is %s', (text, want) => {
  expect(parseAtoms(text)).toBe(want);
});

test.each([
  [0n, '0'],
  [100_000_000n, '1'],
  [1_000_000_000n, '10'],
  [-150_000_000n, '-1.5'],
  [1n, '0.00000001'],
])('formatAtoms() of %s is %s', (n, want) => {
  expect(formatAtoms(atoms(n))).toBe(want);
});

test.each([
  [['0.1', '0.2'], '0.3'],
  [['1.50', '-1.5'], '0'],
  [['-0.00'], '0'],
  [[], '0'],
  [['123456789012345678901234567890.1', '0.9'], '123456789012345678901234567891'],
  [['1', 'x'], null],
])('sumDecimals() of %j is %j', (texts, want) => {
  expect(sumDecimals(texts)).toBe(want);
});

test.each([
  ['1.500', '1.5'],
  ['100', '100'],
  ['10.0', '10'],
  ['-0.00', '0'],
  ['-0', '0'],
])('trimDecimal() of %j is %j', (text, want) => {
  expect(trimDecimal(text)).toBe(want);
});

test('ticks() and lots() hold whole safe integers only, and no minus zero', () => {
  expect(Object.is(ticks(-0), 0)).toBe(true);
  for (const bad of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) expect(() => lots(bad)).toThrow(RangeError);
});

test('formatSteps() throws on a step that is not a decimal', () => {
  expect(() => formatSteps({ count: 1, step: 'x' })).toThrow(/step "x"/);
});
