/** The official connector in the bench `order-bytes`. It refuses plain HTTP, so a TLS front stands before the simulator; its encryption is not counted. */
import { Agent } from 'node:https';
import { DerivativesTradingUsdsFutures, DerivativesTradingUsdsFuturesRestAPI as Rest } from '@binance/derivatives-trading-usds-futures';
import { openTlsFront } from '../../sim/tls-front.ts';
import type { Account, Trade } from './contender.ts';
import { setTimeout as sleep } from 'node:timers/promises';

export async function open({ port: targetPort, apiKey, secret }: Account): Promise<Trade> {
  const { port, certificate } = await openTlsFront({ host: '127.0.0.1', port: 0, targetPort });
  const httpsAgent = new Agent({ ca: certificate, keepAlive: true });
  const basePath = `https://127.0.0.1:${port}`;
  const { restAPI } = new DerivativesTradingUsdsFutures({
    configurationRestAPI: { apiKey, apiSecret: secret, basePath, httpsAgent, timeout: 5_000, retries: 0 },
  });
  const what = {
    ...{ symbol: 'BTCUSDT', side: Rest.NewOrderSideEnum.BUY, type: Rest.NewOrderTypeEnum.LIMIT },
    timeInForce: Rest.NewOrderTimeInForceEnum.GTX,
  };
  return async ({ id, price, size, restMs }) => {
    await restAPI.newOrder({ ...what, quantity: Number(size), price: Number(price), newClientOrderId: id });
    if (restMs > 0) await sleep(restMs);
    await restAPI.cancelOrder({ symbol: 'BTCUSDT', origClientOrderId: id });
  };
}
