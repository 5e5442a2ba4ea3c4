import { expect, test } from 'vitest';
import { type Fading, fade, type Recent, remember, rememberChange } from '../../../brain/risk/windows.ts';
import { Random } from '../../../shared/random.ts';

const EVERY_MS = 100;
const fed = (values: readonly number[], tauMs: number): number =>
  values.reduce<Fading>((last, value, i) => fade(last, { value, nowMs: i * EVERY_MS, tauMs }), null)?.value ?? Number.NaN;
const ofFirst = (first: number, length: number): readonly number[] => [first, ...Array<number>(length - 1).fill(10)];

test.each([
  ['an empty first look', 0, 10],
  ['a first look at ten times the usual', 100, 10],
])('fade() is a mean while it is young: %s does not make the average', (_name, first, usual) => {
  const value = fed(ofFirst(first, 600), 600_000); // a minute of ten
  expect(Math.abs(value - usual)).toBeLessThan(0.05 * usual);
});

test('fade() forgets with its time constant when it is older', () => {
  const value = fed([...Array<number>(600).fill(0), ...Array<number>(10).fill(1)], 1_000);
  expect(value).toBeCloseTo(1 - Math.exp(-1), 3);
});

test('rememberChange() knows the same values at every moment as a memory of every look', () => {
  const random = new Random(3);
  let [all, changes]: [Recent, Recent] = [[], []];
  let nowMs = 0;
  for (let n = 0; n < 500; n++) {
    nowMs += random.int({ min: 0, max: 300 });
    const look = { value: random.int({ min: 1, max: 4 }), nowMs, keepMs: 1_000 };
    [all, changes] = [remember(all, look), rememberChange(changes, look)];
    expect(new Set(changes.map(([, value]) => value))).toEqual(new Set(all.map(([, value]) => value)));
    expect(changes.at(-1)).toEqual(all.at(-1));
  }
  expect(changes.length).toBeLessThanOrEqual(all.length);
});
