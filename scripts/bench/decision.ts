/**
 * How long the brain takes to decide: from the snapshot's bytes in hand to its commands written, on four symbols, beside the same bytes
 * parsed and the same commands written by nobody who decides. The brain is the real one, on a real Redis and a real socket, in this
 * process; its clock runs ten times as fast. Then the memory of a brain of a whole run.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Brain } from '../../brain/io/brain.ts';
import { BrainStore } from '../../brain/io/brain-store.ts';
import { makeRuns } from '../../brain/runs.ts';
import { systemClock } from '../../shared/clock.ts';
import { type Config, checkConfig, configHash, overlay } from '../../shared/config.ts';
import { StartTimes } from '../../shared/io/start-times.ts';
import { rootLog } from '../../shared/log.ts';
import { makeMetrics } from '../../shared/metrics.ts';
import { Random } from '../../shared/random.ts';
import { ok } from '../../shared/result.ts';
import { TestRedis } from '../../test/kit/redis.ts';
import { ScriptedGateway, until } from '../../test/kit/scripted-gateway.ts';
import { DecisionMarket } from './decision-market.ts';
import { type Figure, median, quantile } from './measure.ts';
import { ROOT, sample, textOf, untilReady, writeConfig } from './run.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'BTCUSDC'];
const SPEED = 10;
const PERIOD_MS = 10;
const ROUNDS = 5;
const DECISIONS = 1_000;
const DECISIONS_SHORT = 200;
const WARM_UP = 500;
const GOAL_MS = 1;
/** A bare loop that works this long, about what a decision takes; longer than the goal at its p99, and the machine was too busy to judge. */
const LOOP_MS = 0.7;
/** Between two looks at the clock nothing of ours takes so long. */
const LOST_MS = 0.05;
/** Wide enough for every symbol to be quoted. */
const LIMITS = { maxPosition: '100', maxOrderNotional: '50000' };
const MEMORY_GOAL_MB = 150;
const MEMORY_MS = 62_000;

/** `short`: fewer decisions a round, and without the memory of a whole run. */
export async function benchDecision(short: boolean): Promise<readonly Figure[]> {
  await using bench = await Bench.open();
  await bench.decide(WARM_UP);
  const rounds: Round[] = [];
  for (let n = 0; n < ROUNDS; n++) rounds.push(await bench.decide(short ? DECISIONS_SHORT : DECISIONS));
  return [...figuresOf(rounds), ...(short ? [] : [await memoryOfBrain()])];
}

type Round = Readonly<Record<'oursMs' | 'controlMs' | 'loopMs', readonly number[]>> & { readonly snapshots: number };

function figuresOf(rounds: readonly Round[]): readonly Figure[] {
  const at = (pick: (round: Round) => readonly number[], q: number): number => median(rounds.map((round) => quantile(pick(round), q)));
  const told = (q: number): string =>
    `the same bytes parsed and written ${at(({ controlMs }) => controlMs, q).toFixed(2)}, a bare loop of ${LOOP_MS} ms ${at(({ loopMs }) => loopMs, q).toFixed(2)}`;
  const snapshots = rounds.reduce((sum, round) => sum + round.snapshots, 0);
  const longest = Math.max(...rounds.flatMap(({ oursMs }) => oursMs)).toFixed(1);
  return [0.5, 0.99].map((q) => ({
    name: `snapshot read -> commands written, ${SYMBOLS.length} symbols, p${q * 100}`,
    ...{ value: at(({ oursMs }) => oursMs, q), unit: 'ms', goal: q === 0.99 ? GOAL_MS : null },
    conclusive: at(({ loopMs }) => loopMs, 0.99) <= GOAL_MS,
    beside: `${told(q)}; ${ROUNDS} rounds of ${rounds[0]?.oursMs.length} turns that sent, of ${snapshots}; longest ${longest} ms`,
  }));
}

/** Goes on until it has had so much time to itself: what it takes beyond that, others had. */
function loop(): number {
  const from = performance.now();
  for (let [last, lost, now] = [from, 0, from]; ; last = now) {
    now = performance.now();
    if (now - last > LOST_MS) lost += now - last;
    if (now - from - lost >= LOOP_MS) return now - from;
  }
}

/** Where the two instants are seen from: the reply of Redis, and the brain's socket. */
class Bench implements AsyncDisposable {
  readonly #market = new DecisionMarket(SYMBOLS);
  readonly #gateway = new ScriptedGateway();
  readonly #dir = mkdtempSync(join(tmpdir(), 'mmbot-decision-'));
  readonly #config: Config = decisionConfig();
  readonly #stack = new AsyncDisposableStack();
  #writer!: Redis;
  #sink!: Socket;
  #read: { readonly atMs: number; readonly texts: readonly string[] } | null = null;
  #written: { atMs: number; text: string } | null = null;

  static async open(): Promise<Bench> {
    const bench = new Bench();
    await bench.#start();
    return bench;
  }

  /** Snapshot after snapshot until so many turns have sent something. */
  async decide(count: number): Promise<Round> {
    const [oursMs, controlMs, loopMs]: [number[], number[], number[]] = [[], [], []];
    let snapshots = 0;
    for (; oursMs.length < count; snapshots++) {
      [this.#read, this.#written] = [null, null];
      const from = performance.now();
      const next = this.#market.next({ configHash: configHash(this.#config), brainEpoch: this.#gateway.lease - 1 });
      await this.#writer.mset(new Map(next));
      await until('the snapshot in the brain', () => this.#read !== null);
      await sleep(Math.max(1, PERIOD_MS - (performance.now() - from)));
      const { atMs = 0, texts = [] } = this.#read ?? {};
      const written = this.#written as { atMs: number; text: string } | null;
      if (written === null) continue;
      oursMs.push(written.atMs - atMs);
      controlMs.push(this.#control(texts, written.text));
      loopMs.push(loop());
    }
    return { oursMs, controlMs, loopMs, snapshots };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #control(texts: readonly string[], commands: string): number {
    const from = performance.now();
    for (const text of texts) JSON.parse(text);
    this.#sink.write(commands);
    return performance.now() - from;
  }

  async #start(): Promise<void> {
    const server = this.#stack.use(await TestRedis.start());
    const [writer, reader] = [await connected(server), await connected(server)];
    this.#stack.defer(() => {
      for (const redis of [writer, reader]) redis.disconnect();
    });
    this.#writer = writer;
    this.#gateway.identity.configHash = configHash(this.#config);
    this.#gateway.script = (command) => void this.#market.obey(command);
    this.#stack.use(await this.#gateway.listen());
    await this.#openSink();
    this.#watchWrites();
    this.#watchReads(reader);
    this.#stack.use(this.#openBrain(reader));
    await until('hello', () => this.#gateway.commands.some(({ type }) => type === 'query'));
  }

  #openBrain(redis: Redis): Brain {
    const [log, metrics] = [rootLog({ process: 'brain', level: 'error', stream: new PassThrough().resume() }), makeMetrics('brain')];
    const store = this.#stack.use(new BrainStore(join(this.#dir, 'brain.sqlite')));
    return new Brain({
      ...{ config: this.#config, runs: makeRuns(this.#config), socketPath: this.#gateway.path, redis, store, log, metrics },
      prepare: async (config) => ok(makeRuns(config)),
      clock: systemClock({ originMs: Date.now(), originRealMs: Date.now(), speed: SPEED }),
      random: new Random(1),
      times: new StartTimes({ log, metrics }),
      onFatal: (sentence) => {
        throw new Error(sentence);
      },
      onReady: () => undefined,
    });
  }

  /** The reply to the one question that asks for all documents. */
  #watchReads(redis: Redis): void {
    const multi = redis.multi.bind(redis) as (commands: unknown[][]) => ReturnType<Redis['multi']>;
    const saw = (replies: Awaited<ReturnType<ReturnType<Redis['multi']>['exec']>>): typeof replies => {
      const texts = ((replies?.[0]?.[1] ?? []) as (string | null)[]).filter((text) => text !== null);
      this.#read = { atMs: performance.now(), texts };
      return replies;
    };
    redis.multi = ((commands: unknown[][]) => {
      const asked = multi(commands);
      const exec = asked.exec.bind(asked);
      asked.exec = async () => saw(await exec());
      return asked;
    }) as Redis['multi'];
  }

  /** After the bytes were given to the system. */
  #watchWrites(): void {
    const write = Socket.prototype.write;
    const own = (text: unknown): text is string => typeof text === 'string' && /"type":"(place|amend|cancel)"/.test(text);
    const watching = this;
    Socket.prototype.write = function (this: Socket, ...args: Parameters<Socket['write']>) {
      const done = write.apply(this, args);
      if (this !== watching.#sink && own(args[0]))
        watching.#written = { atMs: performance.now(), text: `${watching.#written?.text ?? ''}${args[0]}` };
      return done;
    } as Socket['write'];
    this.#stack.defer(() => {
      Socket.prototype.write = write;
    });
  }

  async #openSink(): Promise<void> {
    const path = join(this.#dir, 'sink.sock');
    const server = createServer((socket) => void socket.resume());
    await new Promise<void>((resolve) => server.listen(path, resolve));
    this.#sink = createConnection(path);
    await new Promise((resolve) => this.#sink.once('connect', resolve));
    this.#stack.defer(() => {
      this.#sink.destroy();
      server.close();
    });
  }
}

async function connected(server: TestRedis): Promise<Redis> {
  const redis = new Redis(server.port, '127.0.0.1');
  await until('redis', () => redis.status === 'ready');
  return redis;
}

/** Market making of the configuration that is shipped, on four symbols. */
function decisionConfig(): Config {
  const shipped: unknown = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  const own = {
    symbols: SYMBOLS,
    limits: { maxGrossNotional: '1000000', default: LIMITS, symbols: { BTCUSDT: LIMITS } },
    strategy: { marketMaking: { orderSize: '0.100', maxInventory: '0.500' } },
  };
  const checked = checkConfig(overlay(shipped, own));
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
}

async function memoryOfBrain(): Promise<Figure> {
  const dir = mkdtempSync(join(tmpdir(), 'mmbot-bench-'));
  const run = spawn(process.execPath, [join(ROOT, 'scripts/start.ts'), '--config', await writeConfig(dir, SYMBOLS), '--headless'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const output = textOf(run);
  try {
    await untilReady(dir);
    await sleep(MEMORY_MS);
    const value = sample(dir).get('brain')?.rssMb ?? Number.NaN;
    const beside = `resident after a minute of ${SYMBOLS.length} symbols`;
    return { name: 'memory of brain', value, unit: 'MB', goal: MEMORY_GOAL_MB, beside, conclusive: true };
  } finally {
    run.kill('SIGTERM');
    await output;
    rmSync(dir, { recursive: true, force: true });
  }
}
