/** A plain client of the WebSocket API: builds and signs its requests by hand, keeps replies apart by id. */
import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { KEY, type Message, SECRET, type SimClient, type Socket } from './sim-client.ts';

export type Values = Readonly<Record<string, unknown>>;

/** What a request is signed with: the secret of an HMAC key, or a private key. */
export type Signer = { readonly apiKey: string; readonly sign: (payload: string) => string };

export const hmacSigner = (apiKey = KEY, secret = SECRET): Signer => ({
  apiKey,
  sign: (payload) => createHmac('sha256', secret).update(payload).digest('hex'),
});

export type KeyPair = { readonly signer: Signer /** PEM of the public half, as the simulator takes it. */; readonly pem: string };

export function makeKeyPair(kind: 'rsa' | 'ed25519', apiKey: string): KeyPair {
  const pair = kind === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2_048 }) : generateKeyPairSync('ed25519');
  return { signer: signerOf(kind, apiKey, pair.privateKey), pem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

const signerOf = (kind: 'rsa' | 'ed25519', apiKey: string, key: KeyObject): Signer => ({
  apiKey,
  sign: (payload) => signBytes(kind === 'rsa' ? 'sha256' : null, Buffer.from(payload), key).toString('base64'),
});

export const payloadOf = (values: Values, write: (value: string) => string = (value) => value): string =>
  Object.entries(values)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${write(String(value))}`)
    .join('&');

export class WsApiClient {
  readonly socket: Socket;
  readonly #sim: SimClient;
  readonly #signer: Signer;
  #ids = 0;

  constructor(sim: SimClient, socket: Socket, signer: Signer) {
    this.socket = socket;
    this.#sim = sim;
    this.#signer = signer;
  }

  /** Exactly these params. */
  async call(method: string, params: Values = {}): Promise<Message> {
    const id = `r-${++this.#ids}`;
    this.socket.send({ id, method, params });
    return this.socket.first((message) => message['id'] === id);
  }

  /** With key, time and signature. */
  async signed(method: string, params: Values = {}): Promise<Message> {
    const values = { apiKey: this.#signer.apiKey, recvWindow: 60_000, timestamp: await this.#sim.now(), ...params };
    return this.call(method, { ...values, signature: this.#signer.sign(payloadOf(values)) });
  }

  place(params: Values = {}): Promise<Message> {
    return this.signed('order.place', { ...BUY, ...params });
  }
}

/** A buy far below the market. */
export const BUY = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.010', price: '62000' };

export async function openWsApi(sim: SimClient, { signer = hmacSigner(), query = '' } = {}): Promise<WsApiClient> {
  return new WsApiClient(sim, await sim.open(`/ws-fapi/v1${query}`), signer);
}
