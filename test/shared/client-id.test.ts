import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COUNTER_MAX, EPOCH_MAX, isOurs, makeClientId, parseClientId, ROLES, type Role } from '../../shared/client-id.ts';

const parts = fc.record({
  role: fc.constantFrom(...(Object.keys(ROLES) as Role[])),
  epoch: fc.integer({ min: 0, max: EPOCH_MAX }),
  counter: fc.integer({ min: 0, max: COUNTER_MAX }),
});

test('makeClientId() writes 19 digits below 2^63 that parseClientId() reads back', () => {
  fc.assert(
    fc.property(parts, (from) => {
      const id = makeClientId(from);
      expect(id).toMatch(/^\d{19}$/);
      expect(BigInt(id) < 2n ** 63n).toBe(true);
      expect(parseClientId(id)).toEqual(from);
    }),
  );
});

test('parseClientId() refuses every single wrong digit and every swap of neighbours', () => {
  fc.assert(
    fc.property(parts, (from) => {
      const id = makeClientId(from);
      for (let at = 0; at < id.length; at++) {
        for (let digit = 0; digit <= 9; digit++) {
          const wrong = id.slice(0, at) + digit + id.slice(at + 1);
          if (wrong !== id) expect(isOurs(wrong), `${wrong} for ${id}`).toBe(false);
        }
        const swapped = id.slice(0, at) + (id[at + 1] ?? '') + id[at] + id.slice(at + 2);
        if (swapped !== id) expect(isOurs(swapped), `${swapped} for ${id}`).toBe(false);
      }
    }),
    { numRuns: 50 },
  );
});

test('makeClientId() gives a known id', () => {
  const body = '4710' + '000001' + '0000002';
  const check = 98n - ((BigInt(body) * 100n) % 97n);
  expect(makeClientId({ role: 'quote', epoch: 1, counter: 2 })).toBe(body + String(check).padStart(2, '0'));
});

test.each([
  [{ epoch: -1, counter: 0 }],
  [{ epoch: EPOCH_MAX + 1, counter: 0 }],
  [{ epoch: 0.5, counter: 0 }],
  [{ epoch: 0, counter: COUNTER_MAX + 1 }],
  [{ epoch: 0, counter: -1 }],
])('makeClientId() throws on %j', (over) => {
  expect(() => makeClientId({ role: 'quote', ...over })).toThrow(RangeError);
});

test.each([
  '',
  'abc',
  'x-HNA2TXFJ',
  '4710',
  `${makeClientId({ role: 'stop', epoch: 1, counter: 1 })}0`,
  '1'.repeat(19),
  '4799'.padEnd(19, '0'),
])('parseClientId() does not take %j for ours', (id) => {
  expect(parseClientId(id)).toBeNull();
});
