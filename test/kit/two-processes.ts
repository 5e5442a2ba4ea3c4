/** Gateways and brains of a test's own on a simulator in this process, each with a configuration of its own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { overlay } from '../../shared/config.ts';
import { parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import { OwnProcess } from './own-process.ts';
import { TestRedis } from './redis.ts';
import { ROOT } from './run.ts';
import { openTestSim, SECRET, type SimClient } from './sim-client.ts';

const FUNDS = parseAtoms('10000000') ?? ZERO_ATOMS;
const LIMIT_MS = 20_000;

export class TwoProcesses implements AsyncDisposable {
  readonly sim: SimClient;
  readonly redis: TestRedis;
  readonly dir = mkdtempSync(join(tmpdir(), 'mmbot-two-'));
  readonly #started: OwnProcess[] = [];

  private constructor(sim: SimClient, redis: TestRedis) {
    this.sim = sim;
    this.redis = redis;
  }

  /** One account for each key. */
  static async open(keys: readonly string[]): Promise<TwoProcesses> {
    const accounts = keys.map((apiKey) => ({ apiKey, secret: SECRET, balances: { USDT: FUNDS } }));
    const sim = await openTestSim({ accounts, historyDays: 0, limitsEnforced: false });
    return new TwoProcesses(sim, await TestRedis.start());
  }

  /** A file with mode 0600 that holds the key; run folder and the rest as told. */
  config(name: string, key: string, over: object = {}): string {
    const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
    const own = {
      runDir: `run-${name}`,
      redis: { url: this.redis.url },
      sim: { port: this.sim.simulator.port },
      gateway: { metricsPort: null },
      brain: { metricsPort: null },
      credentials: { sim: { apiKey: key, secret: SECRET } },
    };
    const file = join(this.dir, `${name}.json`);
    writeFileSync(file, JSON.stringify(overlay(overlay(base, own), over)), { mode: 0o600 });
    return file;
  }

  start(name: 'gateway' | 'brain', config: string): OwnProcess {
    const started = new OwnProcess(name, config);
    this.#started.push(started);
    return started;
  }

  /** Client ids of the account's open orders, by the simulator's own word. */
  async openIds(key: string): Promise<readonly string[]> {
    const { body } = await this.sim.admin(`/sim/account?apiKey=${key}`);
    return (body['openOrders'] as readonly { readonly clientOrderId: string }[]).map(({ clientOrderId }) => clientOrderId);
  }

  async fault(fault: object): Promise<void> {
    const { status, text } = await this.sim.admin('/sim/fault', fault);
    if (status !== 200) throw new Error(text);
  }

  async until(what: string, look: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + LIMIT_MS;
    while (!(await look())) {
      if (performance.now() > end)
        throw new Error(`Not seen: ${what}\n${this.#started.map(({ log }) => log.slice(-2_000)).join('\n---\n')}`);
      await sleep(15);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const started of this.#started) await started.kill();
    await this.sim.close();
    await this.redis[Symbol.asyncDispose]();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
