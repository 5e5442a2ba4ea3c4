/** A brain on a Redis of its own, with a gateway whose socket is scripted and whose snapshots are written by hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Redis } from 'ioredis';
import { Brain } from '../../brain/io/brain.ts';
import { BrainStore } from '../../brain/io/brain-store.ts';
import { Shadows } from '../../brain/io/shadows.ts';
import { makeRuns, type Run } from '../../brain/runs.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Place } from '../../shared/command.ts';
import { type Config, configHash } from '../../shared/config.ts';
import { StartTimes } from '../../shared/io/start-times.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';
import { Random } from '../../shared/random.ts';
import { ok } from '../../shared/result.ts';
import { BrainDoc } from '../../shared/brain-doc.ts';
import type { FillDoc } from '../../shared/snapshot.ts';
import { config, documents, KEYS, type Over, SYMBOL, texts } from './brain.ts';
import { TestRedis } from './redis.ts';
import { ScriptedGateway, until } from './scripted-gateway.ts';

export const CONFIG = config({ brain: { pollMs: 1 }, gateway: { leaseMs: 400 } });

/** The Redis of one test file. */
export class RigHome implements AsyncDisposable {
  readonly server: TestRedis;
  readonly redis: Redis;
  readonly dir = mkdtempSync(join(tmpdir(), 'mmbot-brain-'));
  #stores = 0;

  private constructor(server: TestRedis, redis: Redis) {
    this.server = server;
    this.redis = redis;
  }

  static async open(): Promise<RigHome> {
    const server = await TestRedis.start();
    return new RigHome(server, await RigHome.connect(server));
  }

  static async connect(server: TestRedis): Promise<Redis> {
    const one = new Redis(server.port, '127.0.0.1', { maxRetriesPerRequest: 0, enableOfflineQueue: false, retryStrategy: () => 20 });
    one.on('error', () => undefined); // killed by a test
    await until('redis', () => one.status === 'ready');
    return one;
  }

  newStore(): string {
    return join(this.dir, `${this.#stores++}.sqlite`);
  }

  async add(...fills: readonly FillDoc[]): Promise<void> {
    await Promise.all(fills.map((fill) => this.redis.xadd(KEYS.fills, '*', 'fill', JSON.stringify(fill))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.redis.disconnect();
    await this.server[Symbol.asyncDispose]();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export class Rig implements AsyncDisposable {
  readonly gateway = new ScriptedGateway();
  readonly store: BrainStore;
  readonly fatal: [string, number][] = [];
  brain!: Brain;
  times!: StartTimes;
  shadows: Shadows | null = null;
  ready = 0;
  seq = 50;
  logged = '';
  readonly metrics = makeMetrics('brain');
  readonly #log = new PassThrough().on('data', (chunk) => {
    this.logged += String(chunk);
  });
  #own!: Redis;

  readonly #home: RigHome;

  private constructor(home: RigHome, storePath: string) {
    this.#home = home;
    this.store = new BrainStore(storePath);
  }

  static async start(
    home: RigHome,
    { cfg = CONFIG, runs = makeRuns(cfg), store = home.newStore(), before = (_: Rig): void => undefined, shadowed = false } = {},
  ): Promise<Rig> {
    const rig = new Rig(home, store);
    rig.gateway.identity.configHash = configHash(cfg);
    before(rig);
    await rig.gateway.listen();
    await rig.#open(cfg, { runs, shadows: shadowed ? `${store}.shadows` : null });
    await until('hello', () => rig.gateway.commands.some(({ type }) => type === 'query') && !rig.brain.problems().includes('no-gateway'));
    return rig;
  }

  /** `shadows`: file of their records; null: there are none. */
  async #open(cfg: Config, { runs, shadows }: { readonly runs: readonly Run[]; readonly shadows: string | null }): Promise<void> {
    this.#own = await RigHome.connect(this.#home.server);
    const log = rootLog({ process: 'test', level: 'info', stream: this.#log });
    const { metrics } = this;
    this.times = new StartTimes({ log, metrics });
    const parts = {
      config: cfg,
      runs,
      prepare: async (wanted: Config) => ok(makeRuns(wanted)),
      socketPath: this.gateway.path,
      redis: this.#own,
      store: this.store,
      clock: systemClock(),
      random: new Random(1),
      ...{ log, metrics, times: this.times },
      onFatal: (sentence: string, code: number) => void this.fatal.push([sentence, code]),
      onReady: () => void this.ready++,
    };
    if (shadows !== null) this.shadows = new Shadows({ config: cfg, customs: new Map(), clock: parts.clock, log, path: shadows });
    this.brain = new Brain(this.shadows ? { ...parts, shadows: this.shadows } : parts);
  }

  /** Writes the next snapshot and waits until the brain has told what it made of it. */
  async tick(over: Over = {}): Promise<BrainDoc> {
    const seq = ++this.seq;
    await this.put(over, seq);
    await until(`the decision on ${seq}`, async () => (await this.doc())?.processed.seq === seq);
    return (await this.doc())!;
  }

  async put({ head = {}, ...over }: Over, seq = ++this.seq): Promise<void> {
    const stamp = { epoch: this.gateway.epoch, seq };
    const given = over.docs ?? {};
    const docs = {
      ...given,
      ...(given.orders && { orders: { ...given.orders, ...stamp } }),
      ...(given.position && { position: { ...given.position, ...stamp } }),
    };
    const made = documents({
      ...over,
      docs,
      head: { ...stamp, configHash: this.gateway.identity.configHash, brainEpoch: this.gateway.lease - 1, ...head },
    });
    const instrument = made.symbols[SYMBOL]!.instrument;
    const all = texts({
      ...made,
      symbols: { [SYMBOL]: { ...made.symbols[SYMBOL]!, instrument: instrument && { ...instrument, epoch: stamp.epoch } } },
    });
    await this.#home.redis.mset(all);
  }

  async doc(): Promise<BrainDoc | null> {
    const text = await this.#home.redis.get(KEYS.brain);
    return text === null ? null : BrainDoc.parse(JSON.parse(text));
  }

  get places(): Place[] {
    return this.gateway.of('place');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.brain[Symbol.asyncDispose]();
    this.#own.disconnect();
    this.shadows?.[Symbol.dispose]();
    this.store[Symbol.dispose]();
    await this.gateway[Symbol.asyncDispose]();
  }
}
