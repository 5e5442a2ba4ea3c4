/** Query strings and their signatures. What is signed is byte for byte what is sent. Binance USD-M docs, "General Info / SIGNED endpoints" (reference sheet 2026-11, 2.2). */
import { createPrivateKey, type KeyObject, sign as signBytes } from 'node:crypto';
import { hmacSha256 } from './hmac.ts';

export type Parameters = readonly (readonly [name: string, value: string | number])[];

/** HMAC secrets are the venue's text, the two others private keys; all are read once. Only Ed25519 may log on to the WebSocket API (2.2). */
export type Secret =
  | { readonly kind: 'hmac'; readonly sign: (payload: string) => string }
  | { readonly kind: 'ed25519' | 'rsa'; readonly key: KeyObject };

/** What is the same encoded: nearly every value. */
const PLAIN = /^[\w.-]*$/;

/** Values percent-encoded before they are signed: JSON lists and non-ASCII symbols depend on it. */
export function encodeQuery(parameters: Parameters): string {
  let query = '';
  for (const [name, value] of parameters) {
    const text = typeof value === 'number' ? `${value}` : value;
    query += `${query === '' ? '' : '&'}${name}=${PLAIN.test(text) ? text : encodeURIComponent(text)}`;
  }
  return query;
}

/** Lower-case hex for HMAC-SHA256, base64 for Ed25519 and for RSA (RSASSA-PKCS1-v1_5 with SHA-256). */
export function signPayload(payload: string, secret: Secret): string {
  if (secret.kind === 'hmac') return secret.sign(payload);
  return signBytes(secret.kind === 'rsa' ? 'sha256' : null, Buffer.from(payload), secret.key).toString('base64');
}

/** The whole query of a signed request: parameters, then recvWindow, timestamp, signature. The timestamp is taken by the caller last of all. */
export function signQuery(parameters: Parameters, { secret, recvWindowMs, timestampMs }: SignOptions): string {
  const query = encodeQuery(parameters);
  const payload = `${query}${query === '' ? '' : '&'}recvWindow=${recvWindowMs}&timestamp=${timestampMs}`;
  return `${payload}&signature=${secret.kind === 'hmac' ? signPayload(payload, secret) : encodeURIComponent(signPayload(payload, secret))}`;
}

export type SignOptions = { readonly secret: Secret; readonly recvWindowMs: number; readonly timestampMs: number };

/** A PEM private key is Ed25519 or RSA, everything else HMAC. Throws on a PEM of another kind: the configuration has been checked before. */
export function secretOf(text: string): Secret {
  if (!text.includes('PRIVATE KEY')) return { kind: 'hmac', sign: hmacSha256(text) };
  const key = createPrivateKey(text);
  const kind = key.asymmetricKeyType;
  if (kind !== 'ed25519' && kind !== 'rsa') throw new TypeError(`Cannot sign with a key of type ${kind}`);
  return { kind, key };
}
