/** The floor of the bench `order-bytes`: an undici `Client` and one `createHmac` for each request. No check, no ledger. */
import { createHmac } from 'node:crypto';
import { Client } from 'undici';
import type { Account, Trade } from './contender.ts';
import { setTimeout as sleep } from 'node:timers/promises';

export function open({ port, apiKey, secret }: Account): Trade {
  const client = new Client(`http://127.0.0.1:${port}`);
  const call = async (method: 'POST' | 'DELETE', query: string): Promise<void> => {
    const payload = `${query}&timestamp=${Date.now()}`;
    const signature = createHmac('sha256', secret).update(payload).digest('hex');
    const path = `/fapi/v1/order?${payload}&signature=${signature}`;
    const { statusCode, body } = await client.request({ method, path, headers: { 'X-MBX-APIKEY': apiKey } });
    if (statusCode !== 200) throw new Error(await body.text());
    await body.dump();
  };
  return async ({ id, price, size, restMs }) => {
    const what = `symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=${size}&price=${price}&newClientOrderId=${id}`;
    await call('POST', what);
    if (restMs > 0) await sleep(restMs);
    await call('DELETE', `symbol=BTCUSDT&origClientOrderId=${id}`);
  };
}
