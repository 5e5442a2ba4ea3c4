/** One supervised run after its start: watched until time, tape, signal or a fatal death ends it, stopped in order, summed up. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { ENDPOINTS } from '../../gateway/venues/binance/limits.ts';
import { redisAddress, redisLogin } from '../../shared/io/redis-login.ts';
import { stopPercentOf } from '../../shared/config.ts';
import { loadCredentials } from '../../shared/config-file.ts';
import { keysOf } from '../../shared/snapshot.ts';
import { paperStateFile, readPaperAccount } from '../lib/paper-account.ts';
import { Collector } from './collector.ts';
import { readExchange } from './exchange-read.ts';
import { type Hindrance, Processes, type RunOptions, say } from './processes.ts';
import { report } from './report.ts';
import { LinePace, statusLine } from './status-line.ts';
import { type Compared, type ExchangePosition, summarize } from './summary.ts';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const SAMPLE_MS = 500;
/** Where the terminal does not say its width. */
const COLUMNS = 160;
const LOOK_MS = 250;
/** A close under way is waited for this long at the most before everything is stopped. */
const CLOSING_TRIES = 100;
const CLOSING_MS = 100;

/** Runs everything; the exit code. Hindrances at the start are printed, one line each. */
export async function supervise(options: RunOptions): Promise<number> {
  const processes = new Processes(options);
  const interrupt = (signal: NodeJS.Signals): void => processes.interrupt(signal);
  for (const signal of STOP_SIGNALS) process.on(signal, interrupt);
  const hindrance = (await processes.open()) ?? processes.fatal;
  if (!hindrance) {
    for (const signal of STOP_SIGNALS) process.off(signal, interrupt); // the run listens from here on, without a gap
    return new Run(options, processes).untilEnd();
  }
  for (const line of hindrance.lines) say(line);
  await processes.stopAll();
  return hindrance.code;
}

class Run {
  readonly #options: RunOptions;
  readonly #processes: Processes;
  readonly #collector: Collector;
  readonly #redis: Redis;
  readonly #startedAt: number;
  readonly #errors: string[] = [];
  readonly #linePace = new LinePace();
  #ended = false;

  constructor(options: RunOptions, processes: Processes) {
    this.#options = options;
    this.#processes = processes;
    this.#startedAt = processes.clock.monoMs();
    const { config, socketPath, simUrl } = processes;
    this.#redis = new Redis(redisAddress(config.redis.url), {
      ...redisLogin(),
      maxRetriesPerRequest: 1,
      retryStrategy: () => 200,
    });
    this.#redis.on('error', () => undefined); // it comes back by itself; its documents read as absent meanwhile
    this.#collector = new Collector({
      socketPath,
      environment: config.environment,
      redis: this.#redis,
      keys: keysOf(config.redis.prefix),
      simUrl,
    });
  }

  async untilEnd(): Promise<number> {
    this.#tellPids();
    if (!this.#options.headless)
      say(
        `Running. Logs: ${join(this.#options.loaded.runDir, 'start')}/*.log · more: scripts/mm status · Ctrl-C cancels the orders and stops`,
      );
    this.#collector.start(SAMPLE_MS);
    const fatal = await this.#watch();
    if (fatal) this.#errors.push(...fatal.lines);
    const seconds = this.#seconds();
    const books = await this.#compareBooks();
    if (!this.#options.headless) process.stdout.write('\n');
    say('stopping: brain, gateway, then the rest');
    const summary = await this.#stopAndSum({ seconds, books });
    process.stdout.write(this.#options.headless ? `${JSON.stringify(summary)}\n` : report(summary));
    return summary.ok ? 0 : (fatal?.code ?? 1);
  }

  /** Null when it ended as asked: time, tape, or a signal. */
  async #watch(): Promise<Hindrance | null> {
    const { promise, resolve } = Promise.withResolvers<Hindrance | null>();
    const { seconds, replay } = this.#options;
    this.#processes.onFatal(resolve);
    for (const signal of STOP_SIGNALS) process.on(signal, () => resolve(null));
    const timer = seconds === undefined ? null : this.#processes.clock.after(seconds * 1_000, () => resolve(null));
    const looking = setInterval(async () => {
      if (replay !== undefined && (await this.#tapeEnded())) resolve(null);
      if (!this.#options.headless && !this.#ended) await this.#showStatus();
    }, LOOK_MS);
    const hindrance = await promise;
    this.#ended = true;
    clearInterval(looking);
    timer?.cancel();
    return hindrance;
  }

  async #stopAndSum({ seconds, books }: { readonly seconds: number; readonly books: ReadonlyMap<string, Compared> }) {
    await this.#waitForCloses();
    await this.#stop('brain');
    await this.#collector.sample();
    const { brain } = await this.#collector.documents();
    await this.#stop('gateway');
    const exchange = await this.#readExchange();
    const { config } = this.#processes;
    const { restarts, starts } = this.#processes;
    const ended = { brain: this.#processes.lastWord('brain'), gateway: this.#processes.lastWord('gateway') };
    await this.#collector[Symbol.asyncDispose]();
    this.#redis.disconnect();
    await this.#processes.stopAll();
    return summarize({
      environment: config.environment,
      strategy: config.strategy.active,
      seed: this.#options.seed ?? config.sim.seed,
      seconds: Math.round(seconds * 10) / 10,
      symbols: config.symbols,
      lives: [...this.#collector.lives.values()], // as they came: the epochs of one without a disk count from above
      brain,
      books,
      exchange,
      stopped: config.environment === 'paper' ? [] : config.symbols.filter((symbol) => stopPercentOf(config, symbol) > 0),
      restarts,
      starts,
      ended,
      errors: this.#errors,
    });
  }

  async #stop(name: 'brain' | 'gateway'): Promise<void> {
    const code = await this.#processes.stop(name);
    if (code !== 0)
      this.#errors.push(
        `${name} ended with ${code === null ? 'a kill' : `code ${code}`} instead of 0 when it was asked to stop: ${this.#processes.lastWord(name) ?? 'it did not say why'}`,
      );
  }

  async #waitForCloses(): Promise<void> {
    for (let i = 0; i < CLOSING_TRIES; i++) {
      const { header } = await this.#collector.documents();
      if (!header || header.closing.length === 0) return;
      await sleep(CLOSING_MS);
    }
  }

  async #tapeEnded(): Promise<boolean> {
    const answer = await fetch(`${this.#processes.simUrl}/sim/state`).catch(() => null);
    const state = (await answer?.json()) as { readonly replay?: { readonly ended?: boolean } | null } | undefined;
    return state?.replay?.ended === true;
  }

  async #showStatus(): Promise<void> {
    const { header, brain } = await this.#collector.documents();
    const line = statusLine({
      seconds: this.#seconds(),
      stats: this.#collector.newest,
      header,
      brain,
      columns: process.stdout.columns || COLUMNS,
    });
    if (this.#ended) return;
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[2K${line}`);
    else if (this.#linePace.isDue(performance.now(), header)) process.stdout.write(`${line}\n`);
  }

  async #compareBooks(): Promise<ReadonlyMap<string, Compared>> {
    if (!this.#processes.simUrl) return new Map();
    const { symbols } = this.#processes.config;
    return new Map(await Promise.all(symbols.map(async (symbol) => [symbol, await this.#collector.compareBook(symbol)] as const)));
  }

  async #readExchange(): Promise<ReadonlyMap<string, ExchangePosition> | null> {
    const { simUrl, simKey, config } = this.#processes;
    if (simUrl) return readExchange({ rest: simUrl, credentials: simKey.credentials, symbols: config.symbols });
    const { environment } = config;
    if (environment === 'paper') return this.#readPaper();
    const credentials = loadCredentials(this.#options.loaded, process.env, this.#options.passphrase ?? undefined);
    if (!credentials.ok || (environment !== 'testnet' && environment !== 'mainnet')) return null;
    const { rest } = config.endpoints[environment] ?? ENDPOINTS[environment];
    return readExchange({ rest, credentials: credentials.value, symbols: config.symbols });
  }

  /** In paper the account's own file is the exchange's word. */
  #readPaper(): ReadonlyMap<string, ExchangePosition> | null {
    const account = readPaperAccount(paperStateFile(this.#options.loaded.runDir));
    if (!account) return null;
    const sizes = new Map(account.positions.map(({ symbol, size }) => [symbol, size]));
    const open = (symbol: string): number => account.openOrders.filter((order) => order.symbol === symbol).length;
    return new Map(
      this.#processes.config.symbols.map((symbol) => [symbol, { size: sizes.get(symbol) ?? '0', openOrders: open(symbol), stops: [] }]),
    );
  }

  /** For people and tests that want to kill one: pids of the first start are stale after a restart, so the file is kept fresh. */
  #tellPids(): void {
    const write = (): void => {
      const file = join(this.#options.loaded.runDir, 'start', 'pids.json');
      writeFileSync(`${file}.tmp`, `${JSON.stringify(this.#processes.pids)}\n`);
      renameSync(`${file}.tmp`, file); // whoever reads it never sees half of it
    };
    write();
    setInterval(write, LOOK_MS).unref();
  }

  #seconds(): number {
    return (this.#processes.clock.monoMs() - this.#startedAt) / 1_000;
  }
}
