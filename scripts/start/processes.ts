/** The processes of one run: Redis when none answers, the simulator in `sim`, the gateway, the brain; and how they end. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, parseClockSpec, systemClock } from '../../shared/clock.ts';
import { type Config, SIM_CREDENTIALS } from '../../shared/config.ts';
import { type Loaded, loadConfig } from '../../shared/config-file.ts';
import { watchConfig } from '../../shared/io/config-watch.ts';
import { GatewayClient } from '../../shared/io/gateway-client.ts';
import type { LogFileOptions } from '../../shared/io/log-file.ts';
import { logFileOf } from '../../shared/log.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { brainSocketPath } from '../../shared/socket-path.ts';
import { withoutSecrets } from './child-env.ts';
import { Child, type ChildMessage, type Start } from './child.ts';
import { setAsideState, simAccountDir, simStateFile, writeEffectiveConfig, writeRunValues } from './effective.ts';
import { nodeFlags, type OwnName } from './node-flags.ts';
import { freePortNear } from './ports.ts';
import { ensureRedis, portOf } from './redis.ts';
import { openDashboard } from './dashboard.ts';
import { makeSimKey, type SimKey } from './sim-key.ts';

export type RunOptions = {
  readonly loaded: Loaded;
  readonly seconds?: number;
  readonly headless: boolean;
  readonly replay?: string;
  /** Go on with the account and the market of the run before. */
  readonly resume: boolean;
  readonly speed: number;
  readonly seed?: number;
  readonly profile?: string;
  readonly live: boolean;
  readonly acceptUnverified: boolean;
  /** Of the keystore, as a person typed it; null: it comes from elsewhere. */
  readonly passphrase: Buffer | null;
  /** The live page as well; without `headless` it always is. */
  readonly dashboard: boolean;
};
/** Of ours and others: a Redis is spawned otherwise. */
export type Name = 'redis' | 'dashboard' | OwnName;
/** Why a run cannot start or go on: lines for a person and the exit code. */
export type Hindrance = { readonly code: number; readonly lines: readonly string[] };

const ROOT = join(import.meta.dirname, '..', '..');
const READY_MS = 60_000;
const STOP_MS = 20_000;
/** A refusal by a safety rule: starting again does not mend it. */
const FATAL_CODES = [4];
/** A mistake in usage or configuration. One that came while it ran is mended by whoever made it: until then the others go on protecting. */
const MISTAKE_CODES = [2];
/** A real venue or a Redis that is not there. */
const UNREACHABLE_CODES = [3];
const ANY_CODE = [0, 1, 2, 3, 4];

export class Processes {
  readonly #options: RunOptions;
  readonly #logDir: string;
  readonly #children = new Map<Name, Child>();
  #fatal: Hindrance | null = null;
  #onFatal: (hindrance: Hindrance) => void = () => undefined;
  config: Config;
  clock: Clock = systemClock();
  /** Base URL of the simulator; null in other environments. */
  simUrl: string | null = null;
  simKey: SimKey = { credentials: SIM_CREDENTIALS, simArgs: [], file: null };
  /** The gateway's command socket. */
  socketPath = '';

  constructor(options: RunOptions) {
    this.#options = options;
    this.config = options.loaded.config;
    this.#logDir = join(options.loaded.runDir, 'start');
  }

  /** Starts everything in order; what hinders it, or null. */
  async open(): Promise<Hindrance | null> {
    mkdirSync(this.#logDir, { recursive: true, mode: 0o700 });
    const redisUrl = await this.#openRedis();
    if (typeof redisUrl !== 'string') return redisUrl;
    if (this.config.environment !== 'sim') return this.#openTraders(['--config', this.#options.loaded.file]);
    if (await this.#gatewayRuns())
      return { code: 4, lines: [`Another gateway runs in ${this.#options.loaded.runDir}: stop it first, or choose another runDir`] };
    if (!this.#options.resume) setAsideState(simAccountDir(this.#options.loaded.runDir));
    const ready = await this.#openSim();
    if (!ready.ok) return ready.error;
    const { speed, replay, resume } = this.#options;
    const scaled = speed !== 1 || replay !== undefined || resume;
    const shared = await this.#shareConfig(ready.value, redisUrl);
    if (!shared.ok) return shared.error;
    return this.#openTraders([...shared.value, ...(scaled ? ['--clock', String(ready.value.clock)] : [])]);
  }

  /** Calls back on a death that no restart mends; at once when it has happened already. */
  onFatal(call: (hindrance: Hindrance) => void): void {
    this.#onFatal = call;
    if (this.#fatal) call(this.#fatal);
  }

  /** Asked to stop: what is being started is waited for no longer, and nothing more is started. */
  interrupt(signal: NodeJS.Signals): void {
    this.#fail(`stopped by ${signal} before everything had started`, 1);
  }

  /** What made it impossible to start or to go on; null while nothing did. */
  get fatal(): Hindrance | null {
    return this.#fatal;
  }

  get restarts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#children].map(([name, child]) => [name, child.restarts]));
  }

  /** Of gateway and brain, every start with its times. */
  get starts(): Readonly<Record<string, readonly Start[]>> {
    const traders = [...this.#children].filter(([name]) => name === 'gateway' || name === 'brain');
    return Object.fromEntries(traders.map(([name, child]) => [name, child.starts]));
  }

  /** What a process said at its end. */
  lastWord(name: Name): string | null {
    return this.#children.get(name)?.lastWord ?? null;
  }

  get pids(): Readonly<Record<string, number | undefined>> {
    return Object.fromEntries([...this.#children].map(([name, child]) => [name, child.pid]));
  }

  /** Ends one process; its exit code, null when it had to be killed. */
  async stop(name: Name): Promise<number | null> {
    return (await this.#children.get(name)?.stop(STOP_MS)) ?? null;
  }

  async stopAll(): Promise<void> {
    for (const name of ['brain', 'gateway', 'dashboard', 'sim', 'redis'] as const) await this.stop(name);
  }

  async #openRedis(): Promise<string | Hindrance> {
    const { url } = this.config.redis;
    const mayStart = this.config.environment === 'sim';
    const dir = join(this.#options.loaded.runDir, 'redis');
    const redis = await ensureRedis({
      url,
      mayStart,
      dir,
      logFile: this.#logFile('redis'),
      env: withoutSecrets(process.env, this.config),
      onFatal: (sentence) => this.#fail(sentence, 3),
    });
    if (!redis.ok) return { code: 3, lines: [redis.error] };
    if (redis.value.child) this.#children.set('redis', redis.value.child);
    const { port } = redis.value;
    if (port !== undefined && port !== portOf(url)) say(`Redis of this run: redis-cli -p ${port}`);
    return redis.value.url;
  }

  /** A live gateway keeps its state: nothing of it may be set aside for a new simulator. */
  async #gatewayRuns(): Promise<boolean> {
    const accountDir = simAccountDir(this.#options.loaded.runDir);
    const path = brainSocketPath({ accountDir, configured: this.config.gateway.socketPath, runtimeDir: process.env['XDG_RUNTIME_DIR'] });
    if (!path.ok) return false; // the gateway itself will say why
    const probe = await GatewayClient.connect({
      path: path.value,
      role: 'observer',
      environment: 'sim',
      name: 'supervisor',
      timeoutMs: 1_000,
    });
    if (probe.ok) await probe.value[Symbol.asyncDispose]();
    return probe.ok || probe.error.refused !== null;
  }

  async #openSim(): Promise<Result<ChildMessage, Hindrance>> {
    const { replay, speed, seed = this.config.sim.seed, profile = this.config.sim.profile } = this.#options;
    const port = await freePortNear(this.config.sim.port);
    if (port !== this.config.sim.port && this.config.sim.port !== 0)
      say(`port ${this.config.sim.port} (simulator) is taken: using ${port}`);
    const state = simStateFile(this.#options.loaded.runDir);
    this.simKey = makeSimKey(this.config, this.#logDir);
    const flow = ['--symbols', this.config.symbols.join(','), '--profile', profile, '--state', state];
    const market = replay === undefined ? flow : ['--replay', replay];
    this.simUrl = `http://127.0.0.1:${port}`;
    const common = ['--port', String(port), '--speed', String(speed), '--seed', String(seed), ...this.simKey.simArgs];
    return this.#start('sim', ['scripts/sim.ts', ...common, ...market]);
  }

  /** Writes what all children share over the config, with the ports in use and the symbols of the tape; their options. */
  async #shareConfig(ready: ChildMessage, redisUrl: string): Promise<Result<readonly string[], Hindrance>> {
    const { runDir, file, config: configured } = this.#options.loaded;
    const offered = Array.isArray(ready.symbols) ? ready.symbols.map(String) : [];
    const wanted = this.config.symbols.filter((symbol) => offered.includes(symbol));
    if (wanted.length < configured.symbols.length) this.config = { ...this.config, symbols: wanted.length > 0 ? wanted : offered };
    const spec = parseClockSpec(String(ready.clock));
    if (spec) this.clock = systemClock(spec);
    const { config, simKey } = this;
    const { over, notes } = await writeRunValues({
      ...{ config, configured, runDir, simPort: Number(ready.port), redisUrl },
      keyFile: simKey.file,
      dashboard: this.#hasDashboard,
    });
    for (const note of notes) say(note);
    const loaded = loadConfig(file, over);
    if (!loaded.ok) return err({ code: 2, lines: loaded.error });
    this.config = loaded.value.config;
    writeEffectiveConfig(this.config, runDir);
    watchConfig({ file, over, onEdit: (edited) => this.#edited(edited) });
    return ok(['--config', file, '--over', over]);
  }

  /** The children see it themselves; here it is told, and written down for tools. */
  #edited(edited: Result<Loaded, readonly string[]>): void {
    if (edited.ok) writeEffectiveConfig(edited.value.config, this.#options.loaded.runDir);
    else for (const line of edited.error) say(`edit refused, nothing is changed: ${line}`);
  }

  async #openTraders(common: readonly string[]): Promise<Hindrance | null> {
    const ready = await this.#start('gateway', ['gateway/main.ts', ...common, ...this.#gatewayOptions]);
    if (!ready.ok) return ready.error;
    this.socketPath = String(ready.value.socketPath);
    this.#spawn('brain', ['brain/main.ts', ...common]);
    if (this.#hasDashboard)
      this.#children.set(
        'dashboard',
        openDashboard(common.slice(0, 4), {
          logFile: this.#logFile('dashboard'),
          env: withoutSecrets(process.env, this.config),
          say,
        }),
      );
    return null;
  }

  get #hasDashboard(): boolean {
    return this.#options.dashboard || !this.#options.headless;
  }

  async #start(name: OwnName, args: readonly string[]): Promise<Result<ChildMessage, Hindrance>> {
    if (this.#fatal) return err(this.#fatal);
    const child = this.#spawn(name, args);
    const failed = new Promise<Result<never, Hindrance>>((resolve) => this.onFatal((hindrance) => resolve(err(hindrance))));
    const late = err({ code: 1, lines: [`${name} did not get ready within ${READY_MS / 1_000} s`] });
    return Promise.race([child.message('ready', READY_MS).then((message) => (message ? ok(message) : late)), failed]);
  }

  get #gatewayOptions(): readonly string[] {
    const { live, acceptUnverified, passphrase } = this.#options;
    return [
      ...(live ? ['--live'] : []),
      ...(acceptUnverified ? ['--accept-unverified'] : []),
      ...(passphrase ? ['--passphrase-stdin'] : []),
    ];
  }

  #spawn(name: OwnName, [script = '', ...rest]: readonly string[]): Child {
    const child = new Child({
      name,
      command: process.execPath,
      args: [...nodeFlags(name), join(ROOT, script), ...rest],
      logFile: this.#logFile(name),
      env: name === 'gateway' ? process.env : withoutSecrets(process.env, this.config), // nobody else needs a key
      input: name === 'gateway' ? this.#options.passphrase : null,
      ipc: true,
      // a recording begins anew with a fresh account: no run goes on from there
      fatalCodes: name === 'sim' && this.#options.replay !== undefined ? ANY_CODE : FATAL_CODES,
      fatalAtFirst: [...MISTAKE_CODES, ...(name === 'gateway' && this.config.environment !== 'sim' ? UNREACHABLE_CODES : [])],
      onFatal: (sentence, code) => this.#fail(sentence, code),
    });
    this.#children.set(name, child);
    return child;
  }

  #fail(sentence: string, code: number): void {
    this.#fatal ??= { code, lines: [sentence] };
    this.#onFatal(this.#fatal);
  }

  #logFile(name: string): LogFileOptions | null {
    return this.#options.headless ? null : logFileOf(name, { ...this.config.log, dir: this.#logDir });
  }
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
