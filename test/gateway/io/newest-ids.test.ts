import { expect, test } from 'vitest';
import { NewestIds } from '../../../gateway/io/newest-ids.ts';
import { makeClientId } from '../../../shared/client-id.ts';

const id = (counter: number, epoch = 3): string => makeClientId({ role: 'quote', epoch, counter });

function asked(highest: string | null = '', waits = '') {
  const groups: string[] = [];
  const written = (group: string): string | null => {
    groups.push(group);
    return highest;
  };
  return { groups, ids: new NewestIds({ written, waiting: { highest: () => waits } }) };
}

test('an id above all that were written is new, and the file is asked once for each role and epoch', () => {
  const { ids, groups } = asked();
  for (let n = 1; n < 5; n++) {
    expect(ids.isNew(id(n))).toBe(true);
    ids.see(id(n));
    expect(ids.isNew(id(n))).toBe(false);
  }
  expect(ids.isNew(id(1, 4))).toBe(true);
  expect(groups).toEqual([id(0).slice(0, 10), id(0, 4).slice(0, 10)]);
});

test('at and below the highest id of the file it is not known, whatever was left out', () => {
  const { ids } = asked(id(7));
  expect([id(6), id(7), id(8)].map((one) => ids.isNew(one))).toEqual([false, false, true]);
  ids.see(id(3)); // of the past: the highest stays
  expect(ids.isNew(id(7))).toBe(false);
});

test('a row that waits to be written counts as one of the file', () => {
  const { ids } = asked(id(2), id(5));
  expect([id(4), id(5), id(6)].map((one) => ids.isNew(one))).toEqual([false, false, true]);
});

test('what the file cannot tell, and ids that are not of our form, are never called new', () => {
  const untold = asked(null);
  expect(untold.ids.isNew(id(1))).toBe(false);
  expect(untold.ids.isNew(id(1))).toBe(false);
  expect(untold.groups).toHaveLength(2); // asked again: it may be able to tell now
  const { ids, groups } = asked();
  expect(['web_1', '', `${id(1)}0`].map((one) => ids.isNew(one))).toEqual([false, false, false]);
  expect(groups).toEqual([]);
});
