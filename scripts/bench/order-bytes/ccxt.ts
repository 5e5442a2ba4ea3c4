/** ccxt in the bench `order-bytes`: `createOrder` with its markets loaded, its own rate limiter off. */
import ccxt from 'ccxt';
import type { Account, Trade } from './contender.ts';
import { setTimeout as sleep } from 'node:timers/promises';

const SYMBOL = 'BTC/USDT:USDT';

export async function open({ port, apiKey, secret }: Account): Promise<Trade> {
  const url = (version: string): string => `http://127.0.0.1:${port}/fapi/${version}`;
  const api = { fapiPublic: url('v1'), fapiPrivate: url('v1'), fapiPrivateV2: url('v2'), fapiPrivateV3: url('v3') };
  const bot = new ccxt.binanceusdm({ apiKey, secret, urls: { api }, enableRateLimit: false, options: { fetchCurrencies: false } });
  await bot.loadHttpProxyAgent();
  await bot.loadMarkets();
  return async ({ id: clientOrderId, price, size, restMs }) => {
    const more = { timeInForce: 'GTX', clientOrderId };
    const { id = '' } = await bot.createOrder(SYMBOL, 'limit', 'buy', Number(size), Number(price), more);
    if (restMs > 0) await sleep(restMs);
    await bot.cancelOrder(id, SYMBOL);
  };
}
