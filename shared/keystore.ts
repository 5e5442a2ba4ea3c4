/**
 * The encrypted keystore: API keys by name, each sealed under a passphrase (scrypt, AES-256-GCM). What stands beside the sealed text is
 * readable without the passphrase and bound to it: a changed header opens nothing. Touches no file.
 */
import { createCipheriv, createDecipheriv, createPrivateKey, randomBytes, scryptSync } from 'node:crypto';
import * as z from 'zod';
import { stable } from './json.ts';
import { err, ok, type Result } from './result.ts';

export const KEY_NAME = /^[a-z][a-z0-9-]{0,30}$/;
/** 128 MB and a third of a second for each guess. */
export const SCRYPT_COST = 2 ** 17;
const BLOCK_SIZE = 8;
const PARALLEL = 1;
const [KEY_BYTES, NONCE_BYTES, TAG_BYTES, SALT_BYTES] = [32, 12, 16, 32];
/** Shorter ones are guessed. */
export const PASSPHRASE_MIN = 10;

const base64 = z.base64();
const Header = z.strictObject({
  version: z.literal(1),
  name: z.string().regex(KEY_NAME),
  environment: z.enum(['sim', 'testnet', 'mainnet']),
  kind: z.enum(['hmac', 'ed25519', 'rsa']),
  /** The name of the account, as in `run/<environment>-<account>`. */
  account: z.string().regex(/^[0-9a-f]{12}$/),
  createdMs: z.int(),
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    /** Bounded, so that a foreign file cannot take all memory. */
    cost: z
      .int()
      .min(2 ** 12)
      .max(2 ** 20)
      .refine((n) => (n & (n - 1)) === 0, 'a power of two'),
    salt: base64,
  }),
});
export type KeyHeader = Readonly<z.infer<typeof Header>>;
const Sealed = z.strictObject({ header: Header, nonce: base64, data: base64.describe('sealed text and its tag') });
export type SealedKey = Readonly<z.infer<typeof Sealed>>;
export const Keystore = z.strictObject({
  format: z.literal('mmbot-keys'),
  version: z.literal(1),
  keys: z.record(z.string().regex(KEY_NAME), Sealed),
});
export type Keystore = Readonly<z.infer<typeof Keystore>>;
export const EMPTY_KEYSTORE: Keystore = { format: 'mmbot-keys', version: 1, keys: {} };

/** Undefined: there is none; `constructor` is a name like any other. */
export const keyNamed = ({ keys }: Keystore, name: string): SealedKey | undefined => (Object.hasOwn(keys, name) ? keys[name] : undefined);

/** `secret`: an HMAC secret, or a private key in PEM. */
export type PlainKey = { readonly apiKey: string; readonly secret: string };
const Plain = z.strictObject({ apiKey: z.string().min(1), secret: z.string().min(1) });

/** What a secret is; a sentence when it is a private key that the venues do not sign with. */
export function secretKind(secret: string): Result<KeyHeader['kind'], string> {
  if (!secret.includes('PRIVATE KEY')) return ok('hmac');
  const allowed = 'allowed is an unencrypted PKCS#8 PEM of type Ed25519 or RSA';
  try {
    const kind = createPrivateKey(secret).asymmetricKeyType;
    return kind === 'ed25519' || kind === 'rsa' ? ok(kind) : err(`the private key is of type ${kind}: ${allowed}`);
  } catch {
    return err(`the private key cannot be read: ${allowed}`); // the library's words may quote the key
  }
}

/** A fresh salt and nonce each time. The passphrase stays the caller's to wipe. */
export function sealKey(
  { apiKey, secret }: PlainKey,
  { passphrase, ...about }: Omit<KeyHeader, 'version' | 'kdf'> & { readonly passphrase: Buffer; readonly cost?: number },
): SealedKey {
  const { cost = SCRYPT_COST, ...names } = about;
  const salt = randomBytes(SALT_BYTES);
  const header: KeyHeader = { version: 1, ...names, kdf: { name: 'scrypt', cost, salt: salt.toString('base64') } };
  const nonce = randomBytes(NONCE_BYTES);
  const key = derive(header, passphrase);
  const plain = Buffer.from(JSON.stringify({ apiKey, secret }));
  try {
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(stable(header)));
    const data = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return { header, nonce: nonce.toString('base64'), data: data.toString('base64') };
  } finally {
    wipe(key, plain);
  }
}

/** Null: the passphrase is wrong, or the file was changed; nothing tells the two apart. */
export function openKey({ header, nonce, data }: SealedKey, passphrase: Buffer): PlainKey | null {
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length <= TAG_BYTES || Buffer.from(nonce, 'base64').length !== NONCE_BYTES) return null;
  const key = derive(header, passphrase);
  let plain = Buffer.alloc(0);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64')).setAAD(Buffer.from(stable(header)));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    plain = Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
    const parsed = Plain.safeParse(JSON.parse(plain.toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // a tag that does not fit; the library's words add nothing
  } finally {
    wipe(key, plain);
  }
}

/** Overwrites bytes that were secret; texts of the engine cannot be. */
export function wipe(...buffers: readonly Buffer[]): void {
  for (const buffer of buffers) buffer.fill(0);
}

function derive({ kdf: { cost, salt } }: KeyHeader, passphrase: Buffer): Buffer {
  const maxmem = 2 * 128 * cost * BLOCK_SIZE;
  return scryptSync(passphrase, Buffer.from(salt, 'base64'), KEY_BYTES, { N: cost, r: BLOCK_SIZE, p: PARALLEL, maxmem });
}
