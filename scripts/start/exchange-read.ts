/** A fresh look at the account straight at the exchange, by a few lines of our own that share nothing with the gateway. */
import { createHmac, createPrivateKey, sign as signBytes } from 'node:crypto';
import type { Credentials } from '../../shared/config-file.ts';
import type { ExchangePosition } from './summary.ts';

export type ReadOptions = { readonly rest: string; readonly credentials: Credentials; readonly symbols: readonly string[] };

/** Null when the exchange does not answer as it should. */
export async function readExchange({ rest, credentials, symbols }: ReadOptions): Promise<ReadonlyMap<string, ExchangePosition> | null> {
  const time = await getJson(`${rest}/fapi/v1/time`, {});
  if (typeof time?.serverTime !== 'number') return null;
  const signed = (path: string): Promise<unknown> => {
    const query = `recvWindow=10000&timestamp=${time.serverTime}`;
    return getJson(`${rest}${path}?${query}&signature=${encodeURIComponent(sign(query, credentials.secret))}`, {
      'X-MBX-APIKEY': credentials.apiKey,
    });
  };
  const [positions, orders, stops] = await Promise.all(
    ['/fapi/v3/positionRisk', '/fapi/v1/openOrders', '/fapi/v1/openAlgoOrders'].map(signed),
  );
  if (!Array.isArray(positions) || !Array.isArray(orders) || !Array.isArray(stops)) return null;
  return new Map(
    symbols.map((symbol) => [
      symbol,
      {
        size: String(positions.find((row) => row.symbol === symbol)?.positionAmt ?? '0'), // no row: flat
        openOrders: orders.filter((row) => row.symbol === symbol).length,
        stops: stops.filter((row) => row.symbol === symbol).map((row) => String(row.quantity)),
      },
    ]),
  );
}

/** Reference sheet 2026-11, 2.2. */
function sign(text: string, secret: string): string {
  if (!secret.includes('PRIVATE KEY')) return createHmac('sha256', secret).update(text).digest('hex');
  const key = createPrivateKey(secret);
  return signBytes(key.asymmetricKeyType === 'rsa' ? 'sha256' : null, Buffer.from(text), key).toString('base64');
}

// biome-ignore lint/suspicious/noExplicitAny: an edge, checked field by field where used
async function getJson(url: string, headers: Record<string, string>): Promise<any> {
  const answer = await fetch(url, { headers }).catch(() => null);
  return answer?.ok ? await answer.json() : null;
}
