/** The simulator over TLS, for clients that refuse plain http: and ws: (Binance's own connector does). Its certificate is made at the start. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { dirname } from 'node:path';
import { createServer } from 'node:tls';

const DAY_MS = 86_400_000;
const VALID_DAYS = 397;

export type TlsFront = {
  readonly port: number /** PEM; a client trusts it as a root. */;
  readonly certificate: string;
  readonly close: () => Promise<void>;
};

/** Deciphers on `port` (zero takes a free one) and hands every byte to `targetPort`. Rejects with the system's error for a taken port. */
export async function openTlsFront({
  host,
  port,
  targetPort,
}: {
  readonly host: string;
  readonly port: number;
  readonly targetPort: number;
}): Promise<TlsFront> {
  const { key, certificate } = selfSigned(Date.now());
  const server = createServer({ key, cert: certificate }, (client) => {
    const inner = connect({ host, port: targetPort });
    for (const [from, to] of [
      [client, inner],
      [inner, client],
    ] as const) {
      from.on('error', () => to.destroy()); // one end is gone, so the other ends too
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  const open = new Set<{ destroy: () => void }>();
  server.on('secureConnection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return { port: (server.address() as AddressInfo).port, certificate, close };
}

export async function writeCertificate({ certificate }: TlsFront, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, certificate);
}

/** An X.509 certificate for localhost and 127.0.0.1 with a fresh P-256 key, both PEM (RFC 5280). */
export function selfSigned(nowMs: number): { readonly key: string; readonly certificate: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const name = seq(tlv(0x31, seq(oid('2.5.4.3'), tlv(0x0c, Buffer.from('simulated exchange')))));
  const algorithm = seq(oid('1.2.840.10045.4.3.2'));
  const hosts = seq(tlv(0x82, Buffer.from('localhost')), tlv(0x87, Buffer.from([127, 0, 0, 1])));
  const extensions = seq(
    seq(oid('2.5.29.17'), tlv(0x04, hosts)),
    seq(oid('2.5.29.19'), tlv(0x01, Buffer.from([0xff])), tlv(0x04, seq(tlv(0x01, Buffer.from([0xff]))))),
  );
  const serial = createHash('sha256').update(spki).digest().subarray(0, 8);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and no leading zero
  const valid = seq(time(nowMs - DAY_MS), time(nowMs + VALID_DAYS * DAY_MS));
  const body = seq(tlv(0xa0, tlv(0x02, Buffer.from([2]))), tlv(0x02, serial), algorithm, name, valid, name, spki, tlv(0xa3, extensions));
  const signature = tlv(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
  const text =
    seq(body, algorithm, signature)
      .toString('base64')
      .match(/.{1,64}/g)
      ?.join('\n') ?? '';
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
  };
}

/** DER: tag, length, value. */
function tlv(tag: number, value: Buffer): Buffer {
  const length = value.length < 0x80 ? [value.length] : [0x82, value.length >> 8, value.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

const seq = (...parts: readonly Buffer[]): Buffer => tlv(0x30, Buffer.concat(parts));

/** Seven bits a byte, the first two numbers in one. */
function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = rest.flatMap((part) => {
    const digits = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return tlv(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

const time = (ms: number): Buffer => tlv(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
