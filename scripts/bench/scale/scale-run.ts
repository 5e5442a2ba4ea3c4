/** One gateway on a fed market, with its Redis and the feeder as processes: what it costs, and when its snapshots are there for a reader. */
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { overlay } from '../../../shared/config.ts';
import { GatewayClient } from '../../../shared/io/gateway-client.ts';
import { unwatched } from '../../../shared/risk.ts';
import { valuesOf } from '../../../test/kit/scrape.ts';
import type { Child, ChildMessage } from '../../start/child.ts';
import { freePort } from '../../start/ports.ts';
import { ensureRedis } from '../../start/redis.ts';
import { endAll, fail, READY_MS, ROOT, startChild } from '../order-run.ts';
import { TICKS } from '../run.ts';
import { symbolsOf } from './frames.ts';
import { Landings } from './landings.ts';

export const PREFIX = 'mm:binance';
const LIVE_MS = 30_000;

export type ScaleOptions = { readonly symbols: number; readonly gatewayNodeArgs?: readonly string[] };
export type Cost = { readonly cpuShare: number; readonly rssMb: number };
/** Since the gateway began: its snapshot ticks, those that began over 20 ms late, and those it slept through. */
export type Ticks = { readonly all: number; readonly late: number; readonly missed: number };
/** What is ended with the run. */
type Ended = Pick<Child, 'stop'>;
type Parts = {
  readonly dir: string;
  readonly symbols: readonly string[];
  readonly redisUrl: string;
  readonly children: readonly Ended[];
  readonly gatewayPid: number;
  readonly metricsPort: number;
  readonly client: GatewayClient;
  readonly feed: (perSecond: number) => void;
  readonly landings: Landings;
};

export class ScaleRun implements AsyncDisposable {
  readonly parts: Parts;

  private constructor(parts: Parts) {
    this.parts = parts;
  }

  static async open({ symbols: count, gatewayNodeArgs = [] }: ScaleOptions): Promise<ScaleRun> {
    const dir = mkdtempSync(join(tmpdir(), 'mmbot-scale-'));
    const children: Ended[] = [];
    try {
      const redisUrl = await startRedis(dir, children);
      const { port, feed } = await startFeeder(dir, { count, children });
      const symbols = symbolsOf(count);
      const metricsPort = await freePort();
      const config = writeConfig(dir, { symbols, redisUrl, port, metricsPort });
      const args = [...gatewayNodeArgs, join(ROOT, 'gateway/main.ts'), '--config', config];
      const gateway = startChild(dir, { name: 'gateway', args });
      children.unshift(gateway);
      const path = String((await gateway.message('ready', READY_MS))?.['operatorPath']);
      const connected = await GatewayClient.connect({ path, role: 'operator', environment: 'sim', name: 'bench' });
      if (!connected.ok) throw new Error(connected.error.sentence);
      const landings = await Landings.open(redisUrl, { prefix: PREFIX });
      const gatewayPid = gateway.pid ?? 0;
      return new ScaleRun({ dir, symbols, redisUrl, children, gatewayPid, metricsPort, client: connected.value, feed, landings });
    } catch (error) {
      await endAll(children, dir);
      throw error;
    }
  }

  /** Messages a second from now on, over all symbols; resolves when every book is live again. */
  async feed(perSecond: number): Promise<void> {
    this.parts.feed(perSecond);
    await this.parts.landings.allLive(LIVE_MS);
  }

  /** The processor that the gateway takes from here to the call of what is returned, of all its threads. */
  meter(): () => Cost {
    const [before, from] = [this.#cpuMs(), performance.now()];
    return () => ({ cpuShare: (this.#cpuMs() - before) / (performance.now() - from), rssMb: this.rssMb() });
  }

  async ticks(): Promise<Ticks> {
    const seen = valuesOf(await this.#metrics());
    const read = (name: string): number => seen.get(`mmbot_snapshot_${name}`) ?? Number.NaN;
    const all = read('late_seconds_count');
    return { all, late: all - read('late_seconds_bucket{le="0.02"}'), missed: read('ticks_missed_total') };
  }

  async openOrders(): Promise<number> {
    const seen = valuesOf(await this.#metrics());
    return [...seen].reduce((sum, [name, value]) => (name.startsWith('mmbot_orders_open{') ? sum + value : sum), 0);
  }

  rssMb(): number {
    const status = readFileSync(`/proc/${this.parts.gatewayPid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1_024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { client, landings, children, dir } = this.parts;
    landings[Symbol.dispose]();
    await client[Symbol.asyncDispose]();
    await endAll(children, dir);
  }

  async #metrics(): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${this.parts.metricsPort}/metrics`)).text();
  }

  #cpuMs(): number {
    const stat = readFileSync(`/proc/${this.parts.gatewayPid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return ((Number(stat[11]) + Number(stat[12])) * 1_000) / TICKS;
  }
}

async function startRedis(dir: string, children: Ended[]): Promise<string> {
  const url = `redis://127.0.0.1:${await freePort()}`;
  const redis = await ensureRedis({
    url,
    mayStart: true,
    env: process.env,
    dir,
    logFile: { path: join(dir, 'redis.log'), maxBytes: 1e6, keep: 0 },
    onFatal: fail,
  });
  if (!redis.ok) throw new Error(redis.error);
  if (redis.value.child) children.unshift(redis.value.child);
  return redis.value.url;
}

type Feeder = { readonly port: number; readonly feed: (perSecond: number) => void };

async function startFeeder(dir: string, { count, children }: { readonly count: number; readonly children: Ended[] }): Promise<Feeder> {
  const feeder = fork(join(import.meta.dirname, 'feeder.ts'), [dir, String(count)], {
    execArgv: ['--max-http-header-size=131072'], // one connection names the streams of all symbols
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => feeder.once('exit', () => resolve()));
  const stop = async (): Promise<null> => {
    if (feeder.connected) feeder.disconnect();
    await ended;
    return null;
  };
  children.push({ stop });
  const ready = await new Promise<ChildMessage>((resolve, reject) => {
    feeder.once('message', (message) => resolve(message as ChildMessage));
    void ended.then(() => reject(new Error('The feeder ended before it was ready')));
  });
  return { port: Number(ready['port']), feed: (perSecond) => void feeder.send(perSecond) };
}

type Ways = { readonly symbols: readonly string[]; readonly redisUrl: string; readonly port: number; readonly metricsPort: number };

function writeConfig(dir: string, { symbols, redisUrl, port, metricsPort }: Ways): string {
  const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  const own = {
    symbols,
    runDir: 'run',
    redis: { url: redisUrl, prefix: PREFIX },
    endpoints: { sim: { rest: `http://127.0.0.1:${port}`, stream: `ws://127.0.0.1:${port}` } },
    gateway: { metricsPort },
    risk: unwatched(), // a busy machine is not what is measured
    limits: {
      maxGrossNotional: '10000000',
      rate: { maxCommandsPerSecond: 1_000, maxOrdersPerFill: 1_000_000 },
      default: { maxPosition: '100000', maxOrderNotional: '5000', maxOpenOrders: 200, collarPercent: 5 },
    },
  };
  mkdirSync(join(dir, 'run'), { mode: 0o700 });
  const file = join(dir, 'config.json');
  const { limits, ...rest } = overlay(base, own) as { readonly limits: Readonly<Record<string, unknown>> };
  writeFileSync(file, JSON.stringify({ ...rest, limits: { ...limits, symbols: {} } }));
  return file;
}
