import { expect, test } from 'vitest';
import { ClientIds } from '../../../brain/oms/ids.ts';
import { parseClientId } from '../../../shared/client-id.ts';

test('ClientIds names role and lease, and never gives an id twice', () => {
  const ids = new ClientIds(42);
  const made = Array.from({ length: 1_000 }, (_, n) => ids.next(n % 2 ? 'quote' : 'trend')!);
  expect(new Set(made).size).toBe(1_000);
  expect(made.map((one) => parseClientId(one)?.counter)).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
  expect(parseClientId(made[0]!)).toEqual({ role: 'trend', epoch: 42, counter: 0 });
});
