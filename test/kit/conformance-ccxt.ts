/** ccxt pointed at the simulator by ordinary options, and what its `watch…` calls return collected. */
import type { default as Ccxt, Order } from 'ccxt';
import { Feed } from './conformance.ts';
import { KEY, SECRET } from './sim-client.ts';

export type CcxtClient = InstanceType<typeof Ccxt.pro.binanceusdm>;

export type Library = typeof Ccxt;

/** ccxt keeps the `Date.now` it finds when it is loaded, so the clock of the day must stand before. */
export const loadCcxt = async (): Promise<Library> => (await import('ccxt')).default;

export function openCcxt(ccxt: Library, http: string): CcxtClient {
  const ws = http.replace('http', 'ws');
  const rest = Object.fromEntries(
    ['', 'V2', 'V3'].flatMap((version) =>
      ['Public', 'Private'].map((kind) => [`fapi${kind}${version}`, `${http}/fapi/${version.toLowerCase() || 'v1'}`]),
    ),
  );
  return new ccxt.pro.binanceusdm({
    apiKey: KEY,
    secret: SECRET,
    enableRateLimit: false,
    urls: { api: { ...rest, fapiData: `${http}/futures/data`, ws: { future: `${ws}/ws`, 'ws-api': { future: `${ws}/ws-fapi/v1` } } } },
    options: {
      fetchCurrencies: false, // a call of the spot host
      watchTrades: { name: 'aggTrade' }, // its default, <symbol>@trade, is undocumented and silent on the venue
      watchBalance: { fetchBalanceSnapshot: true, awaitBalanceSnapshot: true },
    },
  });
}

/** Asks for the next update again and again until the client is closed; copies, because the client goes on writing into what it returned. */
export function follow<T extends object>(next: () => Promise<readonly T[] | T>): Feed<T> {
  const feed = new Feed<T>();
  const loop = async (): Promise<void> => {
    for (;;) feed.push(...[await next()].flat().map((value) => structuredClone(value) as T));
  };
  loop().catch((problem: Error) => feed.fail(problem));
  return feed;
}

export type Placed = Order & { readonly id: string };

export async function known(order: Promise<Order>): Promise<Placed> {
  const { id, ...rest } = await order;
  if (id === undefined) throw new Error('Cannot go on: the order has no id');
  return { ...rest, id };
}
