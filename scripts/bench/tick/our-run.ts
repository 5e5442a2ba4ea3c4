/** Redis, simulator, gateway and brain as processes, the tick bench's relay between exchange and gateway. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { overlay, SIM_CREDENTIALS } from '../../../shared/config.ts';
import { GatewayClient } from '../../../shared/io/gateway-client.ts';
import { unwatched } from '../../../shared/risk.ts';
import type { Child } from '../../start/child.ts';
import { freePort } from '../../start/ports.ts';
import { ensureRedis } from '../../start/redis.ts';
import { endAll, fail, READY_MS, ROOT, startChild } from '../order-run.ts';
import { openRelay, type Relay } from './relay.ts';

const SYMBOL = 'BTCUSDT';
export const POLL_MS = 10;
const OMS = { settleSnapshots: 1, batchWindowMs: 0, actionsPerSecond: 1_000, actionBurst: 1_000 };
/** The way is measured, not the limits. */
const NO_LIMITS = ['--no-limits', '--limit-weight', '1000000', '--limit-orders-10s', '1000000', '--limit-orders-1m', '1000000'];
const OURS = `${SIM_CREDENTIALS.apiKey}:${SIM_CREDENTIALS.secret}`;
const ACCOUNTS = [OURS, 'bare-key:bare-secret', 'ccxt-key:ccxt-secret'].map((account) => `${account}:100000`);
const STORM = [
  ...['scripts/sim.ts', '--port', '0', '--symbols', SYMBOL, '--profile', 'storm', ...NO_LIMITS],
  ...ACCOUNTS.flatMap((account) => ['--account', account]),
];
const madeUp = (market: string, dir: string): readonly string[] => ['scripts/bench/tick/busy-sim.ts', market, dir, SYMBOL, ...ACCOUNTS];
const LIMITS = { maxPosition: '1000', maxOrderNotional: '5000', maxOpenOrders: 20, collarPercent: 5 };

export type Market = 'storm' | 'busy' | 'sparse';
export type OurRunOptions = {
  readonly feed: 'push' | 'poll';
  /** `busy`: made up, forty moves a second; `sparse`: the same, one at a time; else the seeded one in a storm, some moves a second. */
  readonly market?: Market;
  /** More options of the simulator. */
  readonly simArgs?: readonly string[];
  /** Of gateway and brain; null: they tell no metrics. */
  readonly metricsPorts?: { readonly gateway: number; readonly brain: number } | null;
};

export class OurRun implements AsyncDisposable {
  readonly dir: string;
  readonly simPort: number;
  readonly relay: Relay;
  readonly #children: Child[];
  readonly #client: GatewayClient;

  private constructor(parts: { dir: string; simPort: number; relay: Relay; children: Child[]; client: GatewayClient }) {
    this.dir = parts.dir;
    this.simPort = parts.simPort;
    this.relay = parts.relay;
    this.#children = parts.children;
    this.#client = parts.client;
  }

  static async open({ feed, market = 'storm', simArgs = [], metricsPorts = null }: OurRunOptions): Promise<OurRun> {
    const dir = mkdtempSync(join(tmpdir(), 'mmbot-tick-'));
    const children: Child[] = [];
    try {
      const redis = await ensureRedis({
        url: `redis://127.0.0.1:${await freePort()}`,
        mayStart: true,
        dir,
        logFile: null,
        env: process.env,
        onFatal: fail,
      });
      if (!redis.ok) throw new Error(redis.error);
      if (redis.value.child) children.unshift(redis.value.child);
      const begin = async (name: string, args: readonly string[]) => {
        const child = startChild(dir, { name, args: [join(ROOT, args[0] ?? ''), ...args.slice(1)] });
        children.unshift(child);
        return await child.message('ready', READY_MS);
      };
      const sim = await begin('sim', market === 'storm' ? [...STORM, ...simArgs] : madeUp(market, dir));
      const simPort = Number(sim?.['port']);
      const relay = await openRelay(simPort);
      const config = writeConfig(dir, { redisUrl: redis.value.url, port: relay.port, feed, metricsPorts });
      const gateway = await begin('gateway', ['gateway/main.ts', '--config', config]);
      await begin('brain', ['brain/main.ts', '--config', config]);
      const connected = await GatewayClient.connect({
        path: String(gateway?.['operatorPath']),
        role: 'operator',
        environment: 'sim',
        name: 'bench',
      });
      if (!connected.ok) throw new Error(connected.error.sentence);
      return new OurRun({ dir, simPort, relay, children, client: connected.value });
    } catch (error) {
      await endAll(children, dir);
      throw error;
    }
  }

  async turn(on: boolean): Promise<void> {
    await this.#client.request(on ? { type: 'resume' } : { type: 'pause', reason: 'bench' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await endAll(this.#children, this.dir);
    await this.relay[Symbol.asyncDispose]();
  }
}

type Ways = Required<Pick<OurRunOptions, 'feed' | 'metricsPorts'>> & { readonly redisUrl: string; readonly port: number };

function writeConfig(dir: string, { redisUrl, port, feed, metricsPorts }: Ways): string {
  const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  const own = {
    symbols: [SYMBOL],
    runDir: 'run',
    redis: { url: redisUrl, prefix: 'mm:binance' },
    endpoints: { sim: { rest: `http://127.0.0.1:${port}`, stream: `ws://127.0.0.1:${port}` } },
    gateway: { metricsPort: metricsPorts?.gateway ?? null },
    brain: { metricsPort: metricsPorts?.brain ?? null, feed, pollMs: POLL_MS, oms: OMS },
    risk: unwatched(), // a busy machine is not what is measured
    strategy: { active: 'follow', custom: { follow: { file: join(import.meta.dirname, 'strategy.ts') } } },
    limits: {
      maxGrossNotional: '10000000',
      rate: { maxCommandsPerSecond: 1_000, maxOrdersPerFill: 1_000_000 },
      default: LIMITS,
      symbols: { [SYMBOL]: LIMITS },
    },
  };
  mkdirSync(join(dir, 'run'), { mode: 0o700 });
  const file = join(dir, 'config.json');
  writeFileSync(file, JSON.stringify(overlay(base, own)));
  return file;
}
