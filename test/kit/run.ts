/** A whole run as a person starts it, in a folder, on ports and with a Redis of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { overlay } from '../../shared/config.ts';
import { Header, keysOf } from '../../shared/snapshot.ts';
import { freePort } from '../../scripts/start/ports.ts';
import type { Summary } from '../../scripts/start/summary.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
export const KEYS = keysOf('mm:binance');

const OPEN = new Set(['open', 'partially-filled']);

export type RunOptions = {
  readonly args?: readonly string[];
  readonly config?: object;
  /** Of a server that is there; default a free port. */
  readonly redisPort?: number;
};
type Account = {
  readonly positions: readonly { symbol: string; positionAmt: string }[];
  readonly openOrders: readonly { clientOrderId: string; side: string }[];
  readonly tradesCount: number;
};
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export class TestRun implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'mmbot-'));
  readonly configFile = join(this.dir, 'config.json');
  readonly redisPort: number;
  readonly redis: Redis;
  readonly #process: ChildProcess;
  readonly #ended: Promise<Ended>;
  #stderr = '';

  private constructor(redisPort: number, { args = [], config = {} }: RunOptions) {
    this.redisPort = redisPort;
    const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
    const own = {
      runDir: 'run',
      redis: { url: `redis://127.0.0.1:${redisPort}` },
      sim: { port: 0 },
      gateway: { metricsPort: null },
      brain: { metricsPort: null },
      risk: { breaker: { openMs: 500, openMsMax: 1_000, probeMs: 500 } }, // what faults and a busy machine trip comes back soon
    };
    writeFileSync(this.configFile, JSON.stringify(overlay(overlay(base, own), config)));
    this.#process = spawn(process.execPath, [join(ROOT, 'scripts/start.ts'), '--config', this.configFile, '--headless', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = this.#collect();
    this.redis = new Redis(redisPort, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
    this.redis.on('error', () => undefined); // not there yet, or killed by the test
  }

  static async start(options: RunOptions = {}): Promise<TestRun> {
    return new TestRun(options.redisPort ?? (await freePort()), options);
  }

  /** Present pid of one supervised process. */
  pid(name: string): number {
    return JSON.parse(readFileSync(join(this.dir, 'run/start/pids.json'), 'utf8'))[name];
  }

  async header(): Promise<Header | null> {
    const text = await this.redis.get(KEYS.header);
    return text === null ? null : Header.parse(JSON.parse(text));
  }

  async read(key: string): Promise<ReturnType<typeof JSON.parse>> {
    const text = await this.redis.get(key);
    return text === null ? null : JSON.parse(text);
  }

  /** The first truthy answer of `look`, asked every 20 ms; fails with what the run said so far. */
  async until<T>(
    what: string,
    look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
    limitMs = 30_000,
  ): Promise<T> {
    const end = performance.now() + limitMs;
    while (performance.now() < end) {
      const seen = await look();
      if (seen) return seen;
      if (this.#process.exitCode !== null) break;
      await sleep(20);
    }
    throw new Error(`Not seen within ${limitMs} ms: ${what}\n${this.#stderr.slice(-4_000)}`);
  }

  /** Waits until two-sided quotes of the brain rest at the exchange. */
  async untilQuoting(symbol = 'BTCUSDT', limitMs = 30_000): Promise<void> {
    await this.until(
      'quotes on both sides',
      async () => {
        if (!existsSync(join(this.dir, 'run/start/pids.json'))) return false;
        const orders = (await this.read(KEYS.orders(symbol)))?.orders ?? [];
        const resting = new Set((await this.exchange()).openOrders.map((order) => order.clientOrderId)); // Redis may be 100 ms behind
        const open = orders.filter((order: { status: string; clientId: string }) => OPEN.has(order.status) && resting.has(order.clientId));
        return ['buy', 'sell'].every((side) => open.some((order: { side: string }) => order.side === side));
      },
      limitMs,
    );
  }

  /** The simulator's own truth of our account. */
  async exchange(): Promise<Account> {
    const { sim } = JSON.parse(readFileSync(join(this.dir, 'run/start/config.json'), 'utf8'));
    return (await fetch(`http://127.0.0.1:${sim.port}/sim/account?apiKey=mmbot-sim-key`)).json() as Promise<Account>;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Null while it runs. */
  get exitCode(): number | null {
    return this.#process.exitCode;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  /** Exit code and parsed summary; fails with the log's end when there is none. */
  async summary(): Promise<{ readonly code: number | null; readonly summary: Summary }> {
    const { code, stdout, stderr } = await this.#ended;
    try {
      return { code, summary: JSON.parse(stdout) };
    } catch {
      throw new Error(`No summary on stdout (code ${code}):\n${stdout.slice(0, 500)}\n${stderr.slice(-4_000)}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.redis.disconnect();
    if (this.#process.exitCode === null) this.#process.kill('SIGTERM');
    await this.#ended;
    rmSync(this.dir, { recursive: true, force: true });
  }

  async #collect(): Promise<Ended> {
    let stdout = '';
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    const code = await new Promise<number | null>((resolve) => this.#process.once('close', resolve));
    return { code, stdout, stderr: this.#stderr };
  }
}
