/** The emergency stop, and the wait until the gateway says that it is stopped, flat, and holds no open order. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Stats } from '../../shared/command.ts';
import type { Loaded } from '../../shared/config-file.ts';
import type { GatewayClient } from '../../shared/io/gateway-client.ts';
import { trimDecimal } from '../../shared/units.ts';
import { ask, headerNow, openOperator, query } from './operator.ts';
import { Problem } from './tool.ts';

export type PanicOptions = {
  readonly loaded: Loaded;
  readonly everything: boolean;
  readonly reason: string;
  readonly timeoutMs: number;
  readonly say: (line: string) => void;
};

const LOOK_MS = 100;

/** What remains when the time is up; empty when all is done. Throws when no gateway is there to take the order. */
export async function panic(options: PanicOptions): Promise<readonly string[]> {
  const { loaded, everything, reason, timeoutMs, say } = options;
  let client = await openOperator(loaded, 'mm panic');
  try {
    await ask(client, { type: 'emergencyStop', reason, everything });
    say('taken: cancelling and flattening');
    const end = performance.now() + timeoutMs;
    for (;;) {
      const left = await lookOnce(client, everything);
      if (left.length === 0 || performance.now() > end) return left;
      if (left[0] === LOST) client = (await reconnect(client, loaded)) ?? client;
      await sleep(LOOK_MS);
    }
  } finally {
    await client[Symbol.asyncDispose]();
  }
}

const LOST = 'the gateway does not answer: what remains is not known';

/** The stop holds across restarts of the gateway, so a lost connection is made again. */
async function lookOnce(client: GatewayClient, everything: boolean): Promise<readonly string[]> {
  try {
    return await remaining(client, everything);
  } catch (error) {
    if (error instanceof Problem) return [LOST];
    throw error;
  }
}

async function reconnect(client: GatewayClient, loaded: Loaded): Promise<GatewayClient | null> {
  await client[Symbol.asyncDispose]();
  try {
    return await openOperator(loaded, 'mm panic');
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

async function remaining(client: GatewayClient, everything: boolean): Promise<readonly string[]> {
  const header = await headerNow(client);
  const stats = Stats.parse(await query(client, { what: 'stats' }));
  const unknown = header.reasons.filter((reason) => reason.startsWith('account-'));
  const symbols = Object.entries(stats.symbols).flatMap(([symbol, { open, position }]) => [
    ...(open > 0 ? [`${symbol}: ${open} own orders open or not known to be closed`] : []),
    ...(trimDecimal(position) === '0' ? [] : [`${symbol}: position ${trimDecimal(position)}`]),
  ]);
  return [
    ...(header.mode === 'stopped' ? [] : [`the gateway's mode is ${header.mode}, not stopped`]),
    ...symbols,
    ...(everything ? await foreignOrders(client) : []),
    ...header.closing.map((symbol) => `${symbol}: still closing`),
    ...unknown.map((reason) => `the account is not known (${reason})`),
  ];
}

async function foreignOrders(client: GatewayClient): Promise<readonly string[]> {
  const { orders } = Object(await query(client, { what: 'orders', limit: 200 }));
  const foreign = (Array.isArray(orders) ? orders : []).map(Object).filter(({ role }) => role === 'foreign');
  return foreign.map(({ symbol, clientId }) => `${symbol}: foreign order ${clientId}`);
}
