import { beforeEach, expect, test } from 'vitest';
import { Outbox } from '../../../scripts/sim/outbox.ts';

let seen: string[] = [];
let outbox: Outbox;
beforeEach(() => {
  seen = [];
  outbox = new Outbox({ beforeFlush: () => seen.push('durable') });
});

test('Outbox lets things out at the end of the outermost step, in order, after what must be durable', () => {
  const value = outbox.step(() => {
    outbox.put(() => seen.push('a'));
    outbox.step(() => outbox.put(() => seen.push('b')));
    seen.push('state');
    return 7;
  });
  expect([value, seen]).toEqual([7, ['state', 'durable', 'a', 'b']]);
});

test('Outbox lets out at once what no step made, and what the leaving itself makes', () => {
  outbox.put(() => {
    outbox.step(() => outbox.put(() => seen.push('b')));
    seen.push('a');
  });
  expect(seen).toEqual(['durable', 'a', 'durable', 'b']);
});

test('Outbox forgets what a step made that threw, and makes nothing durable when nothing leaves', () => {
  const broken = (): void => {
    outbox.put(() => seen.push('a'));
    throw new Error('bug');
  };
  expect(() => outbox.step(broken)).toThrow('bug');
  outbox.step(() => undefined);
  expect(seen).toEqual([]);
  outbox.put(() => seen.push('b'));
  expect(seen).toEqual(['durable', 'b']);
});
