/** Binance's own connector pointed at the simulator by ordinary options. It refuses plain http: and ws:, so it goes through the TLS port. */
import { generateKeyPairSync } from 'node:crypto';
import { Agent } from 'node:https';
import {
  DerivativesTradingUsdsFutures,
  DerivativesTradingUsdsFuturesRestAPI as Rest,
  DerivativesTradingUsdsFuturesWebsocketAPI as Api,
  DerivativesTradingUsdsFuturesWebsocketStreams as Streams,
} from '@binance/derivatives-trading-usds-futures';
import { openTlsFront, type TlsFront } from '../../scripts/sim/tls-front.ts';
import { Feed, TradingDay } from './conformance.ts';
import { KEY, SECRET } from './sim-client.ts';

const LOGON_KEY = 'logon-key';
export const { BUY, SELL } = Rest.NewOrderSideEnum;
export const { LIMIT, MARKET } = Rest.NewOrderTypeEnum;
export const { GTX, IOC, FOK } = Rest.NewOrderTimeInForceEnum;
export const RESULT = Rest.NewOrderNewOrderRespTypeEnum.RESULT;
export { Api, Rest, Streams };

export type ConnectorDay = {
  readonly day: TradingDay;
  readonly client: DerivativesTradingUsdsFutures;
  readonly close: () => Promise<void>;
};

export async function openConnectorDay(): Promise<ConnectorDay> {
  process.env.LOG_LEVEL ??= 'error'; // it tells every socket otherwise
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const day = await TradingDay.open([{ apiKey: LOGON_KEY, account: KEY, secret: pem }]);
  const front = await openTlsFront({ host: '127.0.0.1', port: 0, targetPort: day.sim.simulator.port });
  const client = openClient(front, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const close = async (): Promise<void> => {
    await front.close();
    await day[Symbol.asyncDispose]();
  };
  return { day, client, close };
}

function openClient({ port, certificate }: TlsFront, privateKey: string): DerivativesTradingUsdsFutures {
  const agent = new Agent({ ca: certificate, keepAlive: true });
  const host = `127.0.0.1:${port}`;
  return new DerivativesTradingUsdsFutures({
    configurationRestAPI: { apiKey: KEY, apiSecret: SECRET, basePath: `https://${host}`, httpsAgent: agent, timeout: 5_000, retries: 0 },
    // Ed25519: what a session is logged on with
    configurationWebsocketAPI: { apiKey: LOGON_KEY, privateKey, wsURL: `wss://${host}/ws-fapi/v1`, agent },
    configurationWebsocketStreams: { wsURL: `wss://${host}`, agent },
  });
}

type Stream<T> = { on: (event: 'message', told: (message: T) => void) => void };

export function listen<T>(stream: Stream<T>): Feed<T> {
  const feed = new Feed<T>();
  stream.on('message', (message) => feed.push(message));
  return feed;
}
