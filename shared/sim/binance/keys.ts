/** API keys of the simulated accounts: what each is, what it may do, and whether a signature is its own (reference sheet 2026-11, section 2). */
import { createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';

export type KeySpec = {
  readonly apiKey: string;
  /** The name of its account: the key the account was opened with. */
  readonly account: string;
  /** An HMAC secret, or the PEM of an RSA or Ed25519 public key. */
  readonly secret: string;
  readonly canTrade: boolean;
  readonly canWithdraw: boolean;
  /** From where it may be used; null: from anywhere. */
  readonly addresses: readonly string[] | null;
};

export type KeyKind = 'HMAC_SHA256' | 'RSA' | 'ED25519';

export const fullKey = (spec: Pick<KeySpec, 'apiKey' | 'account' | 'secret'>): KeySpec => ({
  ...spec,
  canTrade: true,
  canWithdraw: false,
  addresses: null,
});

export class ApiKey {
  readonly spec: KeySpec;
  readonly kind: KeyKind;
  readonly #public: KeyObject | null;

  /** Throws when the secret is a PEM of something else. */
  constructor(spec: KeySpec) {
    this.spec = spec;
    this.#public = spec.secret.includes('-----BEGIN') ? createPublicKey(spec.secret) : null;
    this.kind = this.#public === null ? 'HMAC_SHA256' : kindOf(this.#public);
  }

  admits(address: string): boolean {
    return this.spec.addresses === null || this.spec.addresses.includes(address.replace(/^::ffff:/, ''));
  }

  /** Hex in either case for HMAC, base64 for RSA (PKCS#1 v1.5 with SHA-256) and Ed25519. */
  isSigned(payload: string, signature: string): boolean {
    if (this.#public === null) return equal(signature.toLowerCase(), createHmac('sha256', this.spec.secret).update(payload).digest('hex'));
    return verify(this.kind === 'RSA' ? 'sha256' : null, Buffer.from(payload), this.#public, Buffer.from(signature, 'base64'));
  }
}

function kindOf({ asymmetricKeyType }: KeyObject): KeyKind {
  if (asymmetricKeyType === 'rsa') return 'RSA';
  if (asymmetricKeyType === 'ed25519') return 'ED25519';
  throw new Error(`Cannot use a public key of type ${asymmetricKeyType}: RSA and Ed25519 are known`);
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

export type Keyring = ReadonlyMap<string, ApiKey>;

/** Throws when a secret cannot be used, or a key is named twice. */
export function makeKeyring(specs: readonly KeySpec[]): Keyring {
  const keys = new Map<string, ApiKey>();
  for (const spec of specs) {
    if (keys.has(spec.apiKey)) throw new Error(`Cannot use API key ${spec.apiKey} twice`);
    keys.set(spec.apiKey, new ApiKey(spec));
  }
  return keys;
}
