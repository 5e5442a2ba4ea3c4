/** A running gateway around an opened venue: cores, timers, servers; started protect-first and stopped only when nothing of ours is open. */
import { isOurs } from '../../shared/client-id.ts';
import { type Clock, patienceMs, type Timer } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import { hasEnded } from '../../shared/order.ts';
import type { Log } from '../../shared/log.ts';
import type { Metrics } from '../../shared/metrics.ts';
import { frame } from '../../shared/framing.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { keysOf } from '../../shared/snapshot.ts';
import { accountHindrance } from '../account/hindrance.ts';
import { Keeper, type Notice } from '../account/keeper.ts';
import { Ledger } from '../account/ledger.ts';
import { Reconciler } from '../account/reconciler.ts';
import { Budget, usedOf } from '../orders/budget.ts';
import { Closer } from '../orders/closer.ts';
import type { Core, Identity } from '../orders/core.ts';
import { DeadMan } from '../orders/dead-man.ts';
import { Desk } from '../orders/desk.ts';
import type { LadderJob } from '../orders/ladder.ts';
import { Lease } from '../orders/lease.ts';
import { Modes } from '../orders/modes.ts';
import { Router } from '../orders/router.ts';
import { Stops } from '../orders/stop.ts';
import { StallGuard } from '../orders/stall-guard.ts';
import { ACK_SILENCE_MS, Watch } from '../orders/watch.ts';
import { Answers } from '../publish/answers.ts';
import { Latency } from '../publish/latency.ts';
import { Publisher } from '../publish/publisher.ts';
import { SeqLog } from '../publish/seq-log.ts';
import type { Venue } from '../venues/venue.ts';
import { meteredCalls } from './call-meter.ts';
import { type CommandServer, openCommandServer } from './command-server.ts';
import type { Epochs } from './epochs.ts';
import type { LedgerStore } from './ledger-store.ts';
import { openRedisWriter, type RedisFault, type RedisWriter } from './redis-writer.ts';
import type { RunDir } from './run-dir.ts';
import { waitFor } from './wait-for.ts';

export type GatewayOptions = {
  readonly config: Config;
  readonly identity: Identity;
  readonly clock: Clock;
  /** Simulated per real time. */
  readonly speed: number;
  readonly venue: Venue;
  readonly store: LedgerStore;
  readonly epochs: Epochs;
  readonly runDir: RunDir;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Something no run goes on from: another gateway at our keys. */
  readonly onFatal: (sentence: string, code: number) => void;
};
export type OpenFault = { readonly code: number; readonly sentence: string };

const WATCH_MS = 25;
const DEAD_MAN_MS = 250;
const BEAT_MS = 50;
const CHECKPOINT_MS = 10_000;
/** A start goes on after this long without an answer about stops; they are tried again all the time. */
const PROTECT_MS = 2_000;
const STOP_MS = 12_000;
const READY_MS = 10_000;
/** Pushes of one moment: changes of the top closer together than this go out as one. */
const PUSH_MS = 2;

export class Gateway implements AsyncDisposable {
  readonly #options: GatewayOptions;
  readonly #core: Core;
  readonly #reconciler: Reconciler;
  readonly #closer: Closer;
  readonly #stops: Stops;
  readonly #watch: Watch;
  readonly #publisher: Publisher;
  readonly #desk: Desk;
  readonly #stall = new StallGuard(performance.now());
  readonly #errors = new Map<string, number>();
  #redis: RedisWriter | null = null;
  #servers: readonly CommandServer[] = [];
  #timers: Timer[] = [];
  #beat: NodeJS.Timeout | undefined;
  #push: Timer | null = null;
  #hurry = false;
  #started = false; // once the account was known, a leverage changed later halts its symbol and nothing more

  constructor(options: GatewayOptions) {
    const { config, clock, venue, store, identity, speed } = options;
    this.#options = options;
    const notice = this.#noticeTo(options);
    const ledger = new Ledger({ instruments: venue.instruments, archive: store, state: store.load(venue.instruments) });
    const keeper = new Keeper({ ledger, write: (change) => store.write(change), clock, notice });
    const budget = new Budget();
    const meta = store.meta();
    const modes = new Modes({ ...meta, save: (key, value) => store.setMeta(key, value) });
    const calls = meteredCalls(options);
    const router = new Router({
      keeper,
      orders: calls.over(venue.orders),
      clock,
      budget,
      version: (symbol) => venue.instruments.get(symbol)?.version ?? '',
      onUnknown: (clientId) => this.#reconciler.resolve(clientId),
      onAcked: (clientId) => this.#watch.onAcked(clientId),
      onRefused: (fault) => this.#watch.onRefused(fault),
      onAuth: (sentence) => modes.pause(`the venue refuses our key: ${sentence}`),
    });
    const latency = { frameToOrder: new Latency(speed), command: new Latency(speed), calls };
    const lease = new Lease({ leaseMs: config.gateway.leaseMs });
    this.#core = {
      ...{ config, identity, clock, venue, keeper, router, budget, lease, modes },
      seqs: new SeqLog(),
      latency,
      ledgerFault: () => store.fault,
    };
    const core = this.#core;
    this.#reconciler = new Reconciler({
      ...{ keeper, clock, sender: router, orders: venue.orders, symbols: [...venue.instruments.keys()], ...config.gateway },
      onAdopted: (clientIds) => this.#watch.onAdopted(clientIds),
      readStops: () => this.#stops.sync(),
      onAccount: (account) => {
        const hindrance = accountHindrance(account, config);
        if (hindrance !== null && (account.hedgeMode || !this.#started)) options.onFatal(hindrance, 4);
        this.#watch.onWhole(account);
      },
      onHoldings: (holdings, at) => this.#closer.onAccount(holdings, at),
    });
    const save = (jobs: readonly LadderJob[]): boolean => store.setMeta('ladders', JSON.stringify(jobs));
    this.#closer = new Closer({ core, readPositions: () => this.#reconciler.readPositions(), save });
    this.#stops = new Stops({
      core,
      closer: this.#closer,
      rows: store.openStops(),
      save: (row) => store.saveStop(row),
      readPositions: () => this.#reconciler.readPositions(),
      onSuspicious: (reason) => this.#reconciler.want(reason),
      onMissing: (symbol) => this.#watch.onStopMissing(symbol),
    });
    const { deadManMs: countdownMs, deadManRefreshMs: refreshMs } = config.gateway;
    const deadMan = new DeadMan({ countdownMs, refreshMs, exclusive: config.account.exclusive });
    this.#watch = new Watch({
      ...{ core, closer: this.#closer, reconciler: this.#reconciler, deadMan, stops: this.#stops },
      ackSilenceMs: patienceMs(ACK_SILENCE_MS, speed),
    });
    this.#publisher = new Publisher({
      core,
      keys: keysOf(config.redis.prefix),
      closer: this.#closer,
      stops: this.#stops,
      redisDown: () => this.#watch.redisDown,
      deadMan: () => this.#watch.deadMan,
      lastEpoch: () => options.epochs.last,
    });
    this.#desk = this.#openDesk();
    keeper.listen({
      onFills: (fills) => this.#publisher.addFills(fills),
      onDoubts: (doubts) => this.#watch.onDoubts(doubts),
      onOrders: (orders) => {
        this.#watch.onOrders(orders);
        if (orders.some(({ order }) => hasEnded(order.status))) this.#closer.tick();
      },
    });
  }

  /** Protect first: stops for what is held; then leftovers are cancelled and ladders resumed, before anybody may quote. */
  async start(): Promise<OpenFault | null> {
    const { venue, clock, config, speed } = this.#options;
    const redis = await this.#openRedis();
    if (!redis.ok) return { code: redis.error.kind === 'rival' ? 4 : 3, sentence: redis.error.sentence };
    this.#redis = redis.value;
    await this.#stops.protectFirst(PROTECT_MS);
    this.#core.router.cancel(this.#ownOpen());
    for (const job of this.#savedJobs()) this.#closer.start(job);
    await venue.start({
      onAccount: (event) => {
        this.#core.latency.calls.onAccount(event);
        this.#watch.onAccount(event);
      },
      onBookLive: (symbol, live, reason) => this.#watch.onBookLive(symbol, { live, reason }),
      onInstrument: (news) => this.#watch.onInstrument(news),
      onTop: () => this.#topChanged(),
      onTrade: (trade) => this.#publisher.addTrade(trade),
    });
    this.#timers = [
      clock.every(config.snapshot.intervalMs, () => this.#publish()),
      clock.every(Math.max(WATCH_MS, 2 * speed), () => this.#tick()),
      clock.every(DEAD_MAN_MS, () => this.#watch.armDeadMan()),
      clock.every(CHECKPOINT_MS, () => this.#options.store.checkpoint()),
    ];
    this.#beat = setInterval(() => this.#stall.beat(performance.now()), BEAT_MS);
    const hindrance = await this.#listen();
    if (hindrance) return hindrance;
    await waitFor(() => this.#core.keeper.known && this.#core.seqs.seq > 0, READY_MS);
    this.#started = this.#core.keeper.known;
    return null;
  }

  /** For metrics and health: what is not as it should be now. */
  problems(): readonly string[] {
    return this.#publisher.header().reasons;
  }

  counts(): Readonly<Record<string, number>> {
    const { seqs, keeper } = this.#core;
    const { skipped = 0, failed = 0, reconnects = 0 } = this.#redis ?? {};
    const cut = this.#servers.reduce((sum, server) => sum + server.cut.flood + server.cut.slow + server.cut['too-large'], 0);
    return {
      snapshots: seqs.seq,
      fills: keeper.ledger.fillSeq,
      redisSkipped: skipped,
      redisFailed: failed,
      redisReconnects: reconnects,
      clientsCut: cut,
      ...keeper.doubtCounts(),
      ...{ stalls: this.#stall.stalls, ordersWaiting: this.#desk.waiting.size, ...usedOf(this.#core.venue.orders.budgets()) },
    };
  }

  /** Cancels what is ours, proves at the venue that it is gone, disarms; true when proved. */
  async stop(): Promise<boolean> {
    const { config, log } = this.#options;
    const { modes, router, keeper, venue } = this.#core;
    modes.shuttingDown = true;
    log.info({ openOrders: this.#ownOpen().length }, 'Shutting down');
    router.cancel(this.#ownOpen());
    if (config.gateway.onShutdown === 'flatten')
      for (const symbol of venue.instruments.keys())
        if (keeper.ledger.positions.row(symbol).size !== 0) this.#closer.start({ symbol, reason: 'shutdown', ladder: 'taker' });
    await waitFor(() => this.#hurry || (this.#ownOpen().length === 0 && this.#closer.closing.length === 0 && this.#stops.settled), STOP_MS);
    const verified = await this.#verify();
    if (verified) await this.#watch.disarm();
    else log.error({ openOrders: this.#ownOpen() }, 'Not proved that nothing of ours is open; the countdown at the venue stays armed');
    for (const timer of this.#timers) timer.cancel();
    await waitFor(() => this.#redis?.ready ?? true, 500);
    await this.#redis?.write(this.#publisher.take());
    return verified;
  }

  /** A second signal: no more waiting. */
  hurry(): void {
    this.#hurry = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beat);
    for (const timer of this.#timers) timer.cancel();
    for (const server of this.#servers) await server[Symbol.asyncDispose]();
    await this.#redis?.[Symbol.asyncDispose]();
  }

  #openDesk(): Desk {
    const { store, epochs } = this.#options;
    const core = this.#core;
    const answers = new Answers({
      core,
      header: () => this.#publisher.header(),
      fillsAfter: (range) => store.fillsAfter(range),
      countReached: (symbol) => store.countReached(symbol),
      problems: () => this.#problems(),
    });
    return new Desk({
      core,
      closer: this.#closer,
      stops: this.#stops,
      grantEpoch: () => epochs.grant(),
      answerQuery: (query) => answers.answer(query),
    });
  }

  #tick(): void {
    if (this.#redis) this.#watch.setRedisDown(this.#redis.down);
    this.#options.store.retry();
    this.#core.modes.retry();
    this.#watch.tick();
    if (this.#stall.isStalled(performance.now())) this.#desk.waiting.dropAll();
    this.#desk.waiting.tick();
  }

  #publish(): void {
    if (!this.#redis?.ready) {
      if (this.#redis) this.#redis.skipped++;
      return;
    }
    void this.#redis.write(this.#publisher.take());
  }

  #topChanged(): void {
    if (this.#push || !this.#servers.some((server) => server.hasSubscribers)) return;
    this.#push = this.#options.clock.after(PUSH_MS, () => {
      this.#push = null;
      const keys = Object.fromEntries(this.#publisher.render().documents.filter(([, text]) => text !== null));
      const text = frame({ type: 'snapshot', keys });
      for (const server of this.#servers) server.push(text);
    });
  }

  #openRedis(): Promise<Result<RedisWriter, RedisFault>> {
    const { config, identity, runDir, log, onFatal } = this.#options;
    return openRedisWriter({
      url: config.redis.url,
      keys: keysOf(config.redis.prefix),
      epoch: identity.epoch,
      instance: runDir.instance,
      downMs: 5 * config.snapshot.intervalMs,
      log,
      onRefused: (batch) => {
        this.#publisher.putBack(batch);
        this.#publisher.redisLost();
      },
      onBack: () => this.#publisher.redisLost(),
      onRival: (sentence) => onFatal(sentence, 4),
    });
  }

  async #listen(): Promise<OpenFault | null> {
    const { runDir, clock, log } = this.#options;
    const sockets = [
      { socket: 'brain', path: runDir.brainSocket },
      { socket: 'operator', path: runDir.operatorSocket },
    ] as const;
    for (const { socket, path } of sockets) {
      const server = await openCommandServer({
        ...{ path, socket, clock, log, stall: this.#stall },
        handle: (command, received) => this.#desk.handle(command, received),
        onClosed: (client) => this.#desk.closed(client),
      });
      if (!server.ok) return { code: server.error.kind === 'in-use' ? 4 : 1, sentence: server.error.sentence };
      this.#servers = [...this.#servers, server.value];
    }
    return null;
  }

  /** The venue's own word that no order of ours is open. */
  async #verify(): Promise<boolean> {
    const { venue, keeper } = this.#core;
    for (let tries = 0; tries < 5; tries++) {
      const account = await venue.orders.account();
      const listed = account.ok
        ? account.value.openOrders.filter(({ clientId }) => isOurs(clientId) || keeper.ledger.order(clientId) !== null)
        : null;
      if (listed?.length === 0 && this.#ownOpen().length === 0 && this.#closer.closing.length === 0 && (await this.#noStrayStop()))
        return true;
      if (this.#hurry) return false;
      for (const report of listed ?? []) keeper.commit(keeper.ledger.report(report, { now: keeper.now() }));
      this.#core.router.cancel(this.#ownOpen());
      await waitFor(() => this.#hurry || this.#ownOpen().length === 0, 500);
    }
    return false;
  }

  /** Stops are left only where they protect something. */
  async #noStrayStop(): Promise<boolean> {
    return (await this.#stops.sync()) && this.#stops.settled;
  }

  /** Without orders of triggered stops: they close a position. */
  #ownOpen(): string[] {
    const open = this.#core.keeper.ledger.openOrders().filter(({ role }) => role !== 'stop');
    return open.map(({ clientId }) => clientId);
  }

  #savedJobs(): readonly LadderJob[] {
    const jobs = JSON.parse(this.#options.store.meta().ladders) as LadderJob[];
    return jobs.filter(({ symbol }) => this.#options.venue.instruments.has(symbol));
  }

  #problems(): readonly string[] {
    const { ledgerFault } = this.#core;
    const counted = [...this.#errors].sort((a, b) => b[1] - a[1]).map(([message, count]) => `${message} (${count})`);
    const fault = ledgerFault();
    return fault === null ? counted : [`Ledger unavailable: ${fault}`, ...counted];
  }

  #noticeTo({ log, metrics }: GatewayOptions): Notice {
    const counter = metrics.counter('notices_total', 'Facts told by the order side', ['level']);
    const orders = log.child({ room: 'orders' });
    return ({ level, message, fields }) => {
      counter.inc({ level });
      if (level === 'error') this.#errors.set(message, (this.#errors.get(message) ?? 0) + 1);
      orders[level](fields, message);
    };
  }
}

export type Opened = Result<Gateway, OpenFault>;

/** Starts a gateway; what was opened before a failure is closed again. */
export async function openGateway(options: GatewayOptions): Promise<Opened> {
  const gateway = new Gateway(options);
  const hindrance = await gateway.start();
  if (hindrance === null) return ok(gateway);
  await gateway[Symbol.asyncDispose]();
  return err(hindrance);
}
