import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hmacSha256 } from '../../../../gateway/venues/binance/hmac.ts';

const library = (secret: string, payload: string): string => createHmac('sha256', secret).update(payload).digest('hex');
/** Around a block of the hash and around what is signed in one piece. */
const text = (edge: number) =>
  fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom('a', 'é', '€', '𝄞'), fc.integer({ min: edge - 3, max: edge + 3 })).map(([unit, n]) => unit.repeat(n)),
  );

test('it signs as the library does, whatever the secret and the payload, one after the other with the same key', () => {
  fc.assert(
    fc.property(text(64), fc.array(text(1_024), { minLength: 1, maxLength: 4 }), (secret, payloads) => {
      const sign = hmacSha256(secret);
      for (const payload of [...payloads, '']) expect(sign(payload)).toBe(library(secret, payload));
    }),
    { numRuns: 60 },
  );
});

test('a signer shows nothing of its secret', () => {
  const sign = hmacSha256('very-secret-text');
  expect(`${inspect(sign, { showHidden: true, depth: 9 })}${JSON.stringify({ sign })}`).not.toContain('very-secret');
});
