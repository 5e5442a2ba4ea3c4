/** The emergency stop, and the wait until the gateway says that the venue has confirmed its end. What is left is told whenever it changes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Loaded } from '../../shared/config-file.ts';
import type { GatewayClient } from '../../shared/io/gateway-client.ts';
import { ask, headerNow, openOperator } from './operator.ts';
import { Problem } from './tool.ts';

export type PanicOptions = {
  readonly loaded: Loaded;
  readonly everything: boolean;
  readonly reason: string;
  readonly timeoutMs: number;
  readonly say: (line: string) => void;
};

const LOOK_MS = 25;

/** What remains when the time is up; empty when all is done. Throws when no gateway is there to take the order. */
export async function panic(options: PanicOptions): Promise<readonly string[]> {
  const { loaded, everything, reason, timeoutMs, say } = options;
  let client = await openGateway(loaded);
  try {
    await ask(client, { type: 'emergencyStop', reason, everything });
    say('taken: nothing new from now on; cancelling, then closing the net position of each symbol, whoever opened it');
    const end = performance.now() + timeoutMs;
    for (let told = ''; ; ) {
      const left = await lookOnce(client);
      if (left.length === 0 || performance.now() > end) return left;
      if (left.join() !== told) for (const line of left) say(`left: ${line}`);
      told = left.join();
      if (left[0] === LOST) client = (await reconnect(client, loaded)) ?? client;
      await sleep(LOOK_MS);
    }
  } finally {
    await client[Symbol.asyncDispose]();
  }
}

const LOST = 'the gateway does not answer: what remains is not known';

async function openGateway(loaded: Loaded): Promise<GatewayClient> {
  try {
    return await openOperator(loaded, 'mm panic');
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const [first = '', ...rest] = error.lines;
    throw new Problem(error.code, [`${first}; scripts/flatten does it without a gateway, straight at the exchange`, ...rest]);
  }
}

/** The stop holds across restarts of the gateway, so a lost connection is made again. */
async function lookOnce(client: GatewayClient): Promise<readonly string[]> {
  try {
    return await remaining(client);
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

async function remaining(client: GatewayClient): Promise<readonly string[]> {
  const { emergency, mode } = await headerNow(client);
  if (!emergency) return [`the gateway's mode is ${mode}, and it knows of no emergency stop: somebody has resumed`];
  if (emergency.phase === 'done') return [];
  return emergency.left.length > 0 ? emergency.left : [`the venue has not confirmed it yet (${emergency.phase})`];
}
