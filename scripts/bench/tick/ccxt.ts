/** The peer of the tick bench: ccxt in one process, its best prices and its orders by its own means. One order at a time, placed and cancelled. */
import ccxt from 'ccxt';
import type { Account } from './contender.ts';
import { BEHIND } from './relay.ts';

const SYMBOL = 'BTC/USDT:USDT';

export async function run({ port, apiKey, secret }: Account, isOn: () => boolean): Promise<void> {
  const host = `127.0.0.1:${port}`;
  const url = (version: string): string => `http://${host}/fapi/${version}`;
  const api = {
    ...{ fapiPublic: url('v1'), fapiPrivate: url('v1'), fapiPrivateV2: url('v2'), fapiPrivateV3: url('v3') },
    ws: { future: `ws://${host}/ws` },
  };
  const bot = new ccxt.pro.binanceusdm({ apiKey, secret, urls: { api }, enableRateLimit: false, options: { fetchCurrencies: false } });
  await bot.loadHttpProxyAgent();
  await bot.loadMarkets();
  for (let last = 0; ; ) {
    const bid = (await bot.watchBidsAsks([SYMBOL]))[SYMBOL]?.bid ?? 0;
    if (!isOn() || bid === last) continue;
    last = bid;
    const { id = '' } = await bot.createOrder(SYMBOL, 'limit', 'buy', 0.01, bid - BEHIND, { timeInForce: 'GTX' });
    await bot.cancelOrder(id, SYMBOL);
    last = bot.bidsasks[SYMBOL]?.bid ?? last; // what changed meanwhile is no news
  }
}
