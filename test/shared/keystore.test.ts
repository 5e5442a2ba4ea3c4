import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Keystore, openKey, type PlainKey, type SealedKey, sealKey, secretKind } from '../../shared/keystore.ts';

const PLAIN: PlainKey = { apiKey: 'PLANTED-key', secret: 'PLANTED-secret' };
const ABOUT = { name: 'testnet', environment: 'testnet', kind: 'hmac', account: '0123456789ab', createdMs: 1, cost: 2 ** 12 } as const;
const seal = (phrase: string, plain = PLAIN): SealedKey => sealKey(plain, { ...ABOUT, passphrase: Buffer.from(phrase) });
const SEALED = seal('correct horse');

test('a sealed key opens with its passphrase alone, and shows nothing of itself', () => {
  expect(openKey(SEALED, Buffer.from('correct horse'))).toEqual(PLAIN);
  expect(openKey(SEALED, Buffer.from('correct horsf'))).toBeNull();
  expect(openKey(SEALED, Buffer.from(''))).toBeNull();
  expect(JSON.stringify(SEALED)).not.toMatch(/PLANTED/);
  expect(Buffer.from(SEALED.data, 'base64').toString('latin1')).not.toMatch(/PLANTED/);
  expect(Keystore.safeParse({ format: 'mmbot-keys', version: 1, keys: { testnet: SEALED } }).success).toBe(true);
});

test('the same key sealed twice is another text, with another salt and nonce', () => {
  const again = seal('correct horse');
  expect([again.data, again.nonce, again.header.kdf.salt]).not.toContain(SEALED.data);
  expect(again.nonce).not.toBe(SEALED.nonce);
  expect(again.header.kdf.salt).not.toBe(SEALED.header.kdf.salt);
});

describe('whatever is changed, nothing is opened:', () => {
  const { header } = SEALED;
  test.each<[string, SealedKey]>([
    ['the environment', { ...SEALED, header: { ...header, environment: 'mainnet' } }],
    ['the name', { ...SEALED, header: { ...header, name: 'other' } }],
    ['the account', { ...SEALED, header: { ...header, account: '0123456789ac' } }],
    ['the time', { ...SEALED, header: { ...header, createdMs: 2 } }],
    ['the cost', { ...SEALED, header: { ...header, kdf: { ...header.kdf, cost: 2 ** 13 } } }],
    ['the nonce', { ...SEALED, nonce: seal('correct horse').nonce }],
    ['a nonce of another length', { ...SEALED, nonce: 'AAAA' }],
    ['a text that is cut', { ...SEALED, data: SEALED.data.slice(0, 20) }],
  ])('%s', (_name, changed) => {
    expect(openKey(changed, Buffer.from('correct horse'))).toBeNull();
  });

  test('any bit of the sealed text', () => {
    const bytes = Buffer.from(SEALED.data, 'base64');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length * 8 - 1 }), (bit) => {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(openKey({ ...SEALED, data: changed.toString('base64') }, Buffer.from('correct horse'))).toBeNull();
      }),
      { numRuns: 12 },
    );
  });
});

test.each([
  ['a cost that takes all memory', 2 ** 30],
  ['one that is no power of two', 100_000],
  ['none to speak of', 2],
])('a file with %s is refused before it is derived', (_name, cost) => {
  const key = { ...SEALED, header: { ...SEALED.header, kdf: { ...SEALED.header.kdf, cost } } };
  expect(Keystore.safeParse({ format: 'mmbot-keys', version: 1, keys: { testnet: key } }).success).toBe(false);
});

test('secretKind() knows texts and the two kinds of private key, and quotes nothing of another', () => {
  const pem = (type: 'ed25519' | 'x25519') =>
    generateKeyPairSync(type as 'ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString();
  expect(secretKind('abc')).toEqual({ ok: true, value: 'hmac' });
  expect(secretKind(pem('ed25519'))).toEqual({ ok: true, value: 'ed25519' });
  expect(secretKind(pem('x25519'))).toMatchObject({ ok: false, error: expect.stringMatching(/x25519.*Ed25519 or RSA/) });
  expect(secretKind('-----BEGIN PRIVATE KEY-----\nPLANTED')).toMatchObject({ ok: false, error: expect.not.stringMatching(/PLANTED/) });
});
