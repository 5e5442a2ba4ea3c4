/** One gateway on the simulator for a bench of its order path: Redis, exchange and gateway as processes, a relay between the two that sees the wire. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { overlay } from '../../shared/config.ts';
import type { Credentials } from '../../shared/config-file.ts';
import { GatewayClient } from '../../shared/io/gateway-client.ts';
import { Child } from '../start/child.ts';
import { nodeFlags } from '../start/node-flags.ts';
import { freePort } from '../start/ports.ts';
import { ensureRedis } from '../start/redis.ts';
import { openTap, type Passed, type Tap } from './tap.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
export const READY_MS = 60_000;
const STOP_MS = 15_000;
/** As `npm start` runs them. */
export const NODE_FLAGS = nodeFlags('gateway');

export type OrderRunOptions = {
  readonly symbols: readonly string[];
  readonly simArgs: readonly string[];
  /** Absent: the gateway speaks to the exchange itself, with no relay that sees the wire. */
  readonly onPassed?: (passed: Passed) => void;
  /** More options of node for the gateway, given the scratch folder. */
  readonly gatewayNodeArgs?: (dir: string) => readonly string[];
  /** Only a gateway more, of an account of its own, whose orders leave over the WebSocket API: on the Redis and the exchange of another run. */
  readonly beside?: { readonly run: OrderRun; readonly credentials: Credentials };
};

type Parts = {
  readonly client: GatewayClient;
  readonly prefix: string;
  readonly redisUrl: string;
  readonly simPort: number;
  readonly gatewayPid: number;
  readonly dir: string;
  readonly children: readonly Child[];
  readonly tap: Tap | null;
};

export class OrderRun implements AsyncDisposable {
  readonly client: GatewayClient;
  /** Of its keys in Redis. */
  readonly prefix: string;
  readonly redisUrl: string;
  /** Past the relay. */
  readonly simPort: number;
  readonly gatewayPid: number;
  /** Scratch folder of the run, gone after it. */
  readonly dir: string;
  readonly #children: readonly Child[];
  readonly #tap: Tap | null;

  private constructor(parts: Parts) {
    this.client = parts.client;
    this.prefix = parts.prefix;
    this.redisUrl = parts.redisUrl;
    this.simPort = parts.simPort;
    this.gatewayPid = parts.gatewayPid;
    this.dir = parts.dir;
    this.#children = parts.children;
    this.#tap = parts.tap;
  }

  /** What was started before a failure is ended again. */
  static async open(options: OrderRunOptions): Promise<OrderRun> {
    const { symbols, beside, gatewayNodeArgs = () => [] } = options;
    const dir = mkdtempSync(join(tmpdir(), 'mmbot-orders-'));
    const children: Child[] = [];
    try {
      const { redisUrl, simPort, tap } = beside ? { ...placeOf(beside.run), tap: null } : await openPlace(options, { dir, children });
      const prefix = beside ? 'mm:second' : 'mm:binance';
      const ways = { symbols, redisUrl, prefix, restPort: tap?.port ?? simPort, simPort };
      const config = writeConfig(dir, { ...ways, credentials: beside?.credentials ?? null });
      const gateway = startChild(dir, {
        name: 'gateway',
        args: [...gatewayNodeArgs(dir), join(ROOT, 'gateway/main.ts'), '--config', config],
      });
      children.unshift(gateway);
      const path = String((await gateway.message('ready', READY_MS))?.['operatorPath']);
      const connected = await GatewayClient.connect({ path, role: 'operator', environment: 'sim', name: 'bench' });
      if (!connected.ok) throw new Error(connected.error.sentence);
      return new OrderRun({ client: connected.value, prefix, redisUrl, simPort, gatewayPid: gateway.pid ?? 0, dir, children, tap });
    } catch (error) {
      await endAll(children, dir);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
    await endAll(this.#children, this.dir);
    await this.#tap?.[Symbol.asyncDispose]();
  }
}

const placeOf = ({ redisUrl, simPort }: OrderRun): Pick<Parts, 'redisUrl' | 'simPort'> => ({ redisUrl, simPort });

type Own = { readonly dir: string; readonly children: Child[] };

/** Redis and the exchange, and the relay where one is wanted. */
async function openPlace({ symbols, simArgs, onPassed }: OrderRunOptions, { dir, children }: Own) {
  const url = `redis://127.0.0.1:${await freePort()}`;
  const redis = await ensureRedis({ url, mayStart: true, env: process.env, dir, logFile: null, onFatal: fail });
  if (!redis.ok) throw new Error(redis.error);
  if (redis.value.child) children.unshift(redis.value.child);
  const sim = startChild(dir, {
    name: 'sim',
    args: [join(ROOT, 'scripts/sim.ts'), '--port', '0', '--symbols', symbols.join(','), ...simArgs],
  });
  children.unshift(sim);
  const simPort = Number((await sim.message('ready', READY_MS))?.['port']);
  const tap = onPassed ? await openTap({ port: simPort, onPassed }) : null;
  return { redisUrl: redis.value.url, simPort, tap };
}

/** How late a bare timer was, again and again over a stretch of time. */
export async function lateness(ms: number, everyMs = 10): Promise<readonly number[]> {
  const late: number[] = [];
  const until = performance.now() + ms;
  while (performance.now() < until) {
    const from = performance.now();
    await sleep(everyMs);
    late.push(performance.now() - from - everyMs);
  }
  return late;
}

/** In their order; then the scratch folder goes. */
export async function endAll(children: readonly Pick<Child, 'stop'>[], dir: string): Promise<void> {
  for (const child of children) await child.stop(STOP_MS);
  rmSync(dir, { recursive: true, force: true });
}

export const startChild = (dir: string, { name, args }: { readonly name: string; readonly args: readonly string[] }): Child =>
  new Child({
    ...{ name, command: process.execPath, args: [...NODE_FLAGS, ...args], ipc: true, fatalCodes: [0, 1, 2, 3, 4] },
    logFile: { path: join(dir, `${name}.log`), maxBytes: 1e9, keep: 0 },
    env: process.env,
    onFatal: fail,
  });

export const fail = (sentence: string): never => {
  throw new Error(sentence);
};

type Ways = Pick<Parts, 'redisUrl' | 'prefix' | 'simPort'> & {
  readonly symbols: readonly string[];
  readonly restPort: number;
  /** Null: the key that the simulator knows, over REST. */
  readonly credentials: Credentials | null;
};

function writeConfig(dir: string, { symbols, redisUrl, prefix, restPort, simPort, credentials }: Ways): string {
  const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  const own = {
    symbols,
    runDir: 'run',
    redis: { url: redisUrl, prefix },
    endpoints: {
      sim: { rest: `http://127.0.0.1:${restPort}`, stream: `ws://127.0.0.1:${simPort}`, api: `ws://127.0.0.1:${simPort}/ws-fapi/v1` },
    },
    ...(credentials && { credentials: { sim: credentials } }),
    gateway: { metricsPort: null, orderEntry: credentials ? 'websocket' : 'rest' },
    limits: {
      maxGrossNotional: '1000000',
      rate: { maxCommandsPerSecond: 1_000, maxOrdersPerFill: 1_000_000 },
      default: { maxPosition: '1000000', maxOrderNotional: '5000', maxOpenOrders: 20, collarPercent: 2 },
    },
  };
  mkdirSync(join(dir, 'run'), { mode: 0o700 });
  const file = join(dir, 'config.json');
  writeFileSync(file, JSON.stringify(overlay(base, own)), { mode: 0o600 });
  return file;
}
