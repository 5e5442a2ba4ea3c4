/** Where a configuration leads to, and whether orders can leave there as it wants. Pure. */
import type { Config } from '../../../shared/config.ts';
import { type Endpoints, ENDPOINTS, simEndpoints } from './limits.ts';
import type { Secret } from './sign.ts';

export function endpointsOf(config: Config): Endpoints {
  const { environment } = config;
  if (environment === 'sim') return config.endpoints.sim ?? simEndpoints(config.sim.port);
  if (environment === 'testnet') return config.endpoints.testnet ?? ENDPOINTS.testnet;
  if (environment === 'paper') return config.endpoints.paper ?? config.endpoints.mainnet ?? ENDPOINTS.mainnet; // live public data
  return config.endpoints.mainnet ?? ENDPOINTS.mainnet;
}

/** Only Ed25519 may log on to the WebSocket API (reference sheet 2026-11, 2.2). */
export function orderEntryProblem(
  { gateway, environment }: Config,
  { secret, endpoints }: { readonly secret: Secret | null; readonly endpoints: Endpoints },
): string | null {
  if (gateway.orderEntry === 'rest' || secret === null) return null;
  if (secret.kind !== 'ed25519')
    return `gateway.orderEntry: "websocket" with a key of type ${secret.kind === 'rsa' ? 'RSA' : 'HMAC'}: allowed is "rest", or an Ed25519 key in credentials.${environment}`;
  return endpoints.api === undefined
    ? `endpoints.${environment}.api: missing: allowed is the URL of the WebSocket API, or gateway.orderEntry "rest"`
    : null;
}

/**
 * A host of the exchange itself, under any of its top-level domains, that is none of its test environments (reference sheet 2026-11, 1.1 and
 * 1.2). A dot at its end names the same host.
 */
export const tradesRealMoney = ({ rest, stream, api }: Endpoints): boolean =>
  [rest, stream, api].some((url) => url !== undefined && isRealHost(url));

/** A host of the exchange's own test environments: what stands in for it elsewhere proves nothing about it. */
export const isTestHost = (url: string): boolean => /(?:^|\.)(?:binance|binancefuture)\.com$/.test(hostOf(url)) && !isRealHost(url);

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname.toLowerCase().replace(/\.+$/, '') : '');

const isRealHost = (url: string): boolean => {
  const host = hostOf(url);
  return /(?:^|\.)binance\.[a-z]+$/.test(host) && !/^(?:demo-|testnet\.)/.test(host);
};
