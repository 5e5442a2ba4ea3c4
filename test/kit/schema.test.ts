import { expect, test } from 'vitest';
import { differencesOf, expectSameShape } from './schema.ts';

const recorded = { e: 'x', o: { q: '1', n: null }, rows: [{ a: 1 }, { b: 'text' }], levels: [['1.0', '2']] };

test.each([
  ['nothing, when all fields and types are there', recorded, []],
  ['nothing, for empty arrays and for a null that is never sent', { ...recorded, o: { q: '2', n: null }, rows: [], levels: [] }, []],
  ['a missing and a new field', { e: 'x', o: { q: '1', n: null, z: true }, levels: [] }, ['+ o.z: boolean', '- rows: array']],
  ['a missing object once, not each of its fields', { e: 'x', rows: [], levels: [] }, ['- o: object']],
  ['another type', { ...recorded, o: { q: 1, n: null } }, ['~ o.q: string -> number']],
  ['a field missing in the elements of an array', { ...recorded, rows: [{ a: 1 }] }, ['- rows[].b: string']],
  ['numbers where strings were in a list of lists', { ...recorded, levels: [[1, '2']] }, ['~ levels[][]: string -> number|string']],
])('differencesOf() tells %s', (_name, ours, want) => {
  expect(differencesOf([recorded], [ours])).toEqual(want);
});

test('expectSameShape() fails on a difference without a reason, and on a reason without its difference', () => {
  const ours = [{ a: 1, b: 1 }];
  expect(() => expectSameShape({ recorded: [{ a: 1 }], ours })).toThrow();
  expect(() => expectSameShape({ recorded: ours, ours, argued: { '+ b: number': 'gone since' } })).toThrow();
  expectSameShape({ recorded: [{ a: 1 }], ours, argued: { '+ b: number': 'newer than the recording' } });
});
