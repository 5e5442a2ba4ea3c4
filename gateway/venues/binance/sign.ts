/** Query strings and their signatures. What is signed is byte for byte what is sent. Binance USD-M docs, "General Info / SIGNED endpoints" (reference sheet 2026-11, 2.2). */
import { createHmac, createPrivateKey, sign as signBytes } from 'node:crypto';

export type Parameters = readonly (readonly [name: string, value: string | number])[];

/** HMAC secrets are the venue's text; an Ed25519 secret is a PKCS#8 PEM. */
export type Secret = { readonly kind: 'hmac'; readonly secret: string } | { readonly kind: 'ed25519'; readonly pem: string };

/** Values percent-encoded before they are signed: JSON lists and non-ASCII symbols depend on it. */
export const encodeQuery = (parameters: Parameters): string =>
  parameters.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&');

/** Lower-case hex for HMAC-SHA256, base64 for Ed25519. */
export function signPayload(payload: string, secret: Secret): string {
  if (secret.kind === 'hmac') return createHmac('sha256', secret.secret).update(payload).digest('hex');
  return signBytes(null, Buffer.from(payload), createPrivateKey(secret.pem)).toString('base64');
}

/** The whole query of a signed request: parameters, then recvWindow, timestamp, signature. The timestamp is taken by the caller last of all. */
export function signQuery(parameters: Parameters, { secret, recvWindowMs, timestampMs }: SignOptions): string {
  const payload = encodeQuery([...parameters, ['recvWindow', recvWindowMs], ['timestamp', timestampMs]]);
  return `${payload}&signature=${encodeURIComponent(signPayload(payload, secret))}`;
}

export type SignOptions = { readonly secret: Secret; readonly recvWindowMs: number; readonly timestampMs: number };

/** A secret that looks like a PEM private key is Ed25519, everything else HMAC. */
export const secretOf = (text: string): Secret =>
  text.includes('PRIVATE KEY') ? { kind: 'ed25519', pem: text } : { kind: 'hmac', secret: text };
