/** A running gateway around an opened venue: cores, timers, servers; started protect-first and stopped only when nothing of ours is open. */
import { patienceMs, systemClock, type Timer } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import { hasEnded } from '../../shared/order.ts';
import { setLogLevel } from '../../shared/log.ts';
import type { Result } from '../../shared/result.ts';
import { keysOf } from '../../shared/snapshot.ts';
import { AccountRisk } from '../account/account-risk.ts';
import { accountHindrance } from '../account/hindrance.ts';
import { Keeper } from '../account/keeper.ts';
import { Ledger } from '../account/ledger.ts';
import { Reconciler } from '../account/reconciler.ts';
import { Audit } from '../orders/audit.ts';
import { auditedVenue } from '../orders/audited-venue.ts';
import { Barrier } from '../orders/barrier.ts';
import { Budget } from '../orders/budget.ts';
import { Closer } from '../orders/closer.ts';
import { CommandPace } from '../orders/command-pace.ts';
import type { Core } from '../orders/core.ts';
import { DeadMan } from '../orders/dead-man.ts';
import type { Desk } from '../orders/desk.ts';
import type { StopOrder } from '../orders/emergency.ts';
import { Epochs } from '../orders/epochs.ts';
import type { LadderJob } from '../orders/ladder.ts';
import { Lease } from '../orders/lease.ts';
import { Modes } from '../orders/modes.ts';
import { type Proof, proofSentence } from '../orders/proof.ts';
import { unfitOrders } from '../orders/resting-check.ts';
import { Router } from '../orders/router.ts';
import { Stops } from '../orders/stop.ts';
import { ACK_SILENCE_MS, Watch } from '../orders/watch.ts';
import { Latency } from '../publish/latency.ts';
import { type Batch, Publisher } from '../publish/publisher.ts';
import { type Readiness, readiness } from '../publish/readiness.ts';
import { SeqLog } from '../publish/seq-log.ts';
import { TickClock } from '../publish/tick-clock.ts';
import { ConfigInForce } from '../orders/config-in-force.ts';
import { fundingBooks } from './funding-books.ts';
import { meteredCalls } from './call-meter.ts';
import { Counters } from './meters/counters.ts';
import type { Measured } from './meters/measured.ts';
import { countsOf } from './counts.ts';
import { type CommandServer, openCommandServer } from './command-server.ts';
import type { GatewayOptions } from './gateway-options.ts';
import { Notices } from './notices.ts';
import { tellStart } from './milestones.ts';
import { openDesk } from './open-desk.ts';
import { Place } from './place.ts';
import { Pulse } from './pulse.ts';
import { Pushes } from './pushes.ts';
import { recordedWrites } from './recorder.ts';
import type { RedisFault } from './redis-writer.ts';
import { Safety } from './safety.ts';
import { waitFor } from './wait-for.ts';

export type OpenFault = { readonly code: number; readonly sentence: string };

const WATCH_MS = 25;
const DEAD_MAN_MS = 250;
const HOUSEKEEP_MS = 250;
/** A start goes on after this long without an answer about stops; they are tried again all the time. */
const PROTECT_MS = 2_000;
/** A Redis that is slower than this is not waited for before positions are protected. */
const REDIS_MS = 300;
const DISARM_MS = 1_000;
const READY_MS = 10_000;

export class Gateway implements AsyncDisposable {
  readonly #options: GatewayOptions;
  readonly #audit: Audit;
  readonly #core: Core;
  readonly #reconciler: Reconciler;
  readonly #closer: Closer;
  readonly #stops: Stops;
  readonly #watch: Watch;
  readonly #publisher: Publisher;
  readonly #desk: Desk;
  readonly #notices: Notices;
  readonly #place: Place;
  readonly #barrier: Barrier;
  readonly #safety: Safety;
  readonly #counters = new Counters();
  #servers: readonly CommandServer[] = [];
  #timers: Timer[] = [];
  readonly #pushes: Pushes;
  readonly #ticks: TickClock;
  readonly #epochs: Epochs;
  #started = false; // once the account was known, a leverage changed later halts its symbol and nothing more

  constructor(options: GatewayOptions) {
    const { config, clock, store, identity, speed, runDir, redis, recorder } = options;
    this.#options = options;
    this.#pushes = new Pushes({ clock, publisher: () => this.#publisher, servers: () => this.#servers });
    this.#ticks = new TickClock({ clock, speed, periodMs: config.snapshot.intervalMs });
    this.#epochs = new Epochs(() => options.epochs.grant(), identity.epoch);
    this.#audit = new Audit({ stamps: store.stamps, take: (note) => store.note(note), heard: recorder?.command });
    this.#notices = new Notices(options);
    this.#place = new Place({ runDir, redis, onLost: (sentence) => this.#lost(sentence) });
    this.#core = this.#openCore();
    const core = this.#core;
    const { keeper, venue } = core;
    this.#reconciler = new Reconciler({
      ...{ keeper, clock, sender: core.router, orders: venue.orders, symbols: [...venue.instruments.keys()], ...config.gateway },
      onAdopted: (clientIds, how) => this.#watch.onAdopted(clientIds, how),
      readStops: () => this.#stops.sync(),
      onAccount: (account) => {
        const hindrance = accountHindrance(account, config);
        if (hindrance !== null && (account.hedgeMode || !this.#started)) options.onFatal(hindrance, 4);
        this.#watch.onWhole(account);
      },
      funding: fundingBooks(store, core.risk),
      onHoldings: (holdings, at) => this.#closer.onAccount(holdings, at),
    });
    const save = (jobs: readonly LadderJob[]): boolean => {
      this.#audit.closing(jobs);
      return store.setMeta('ladders', JSON.stringify(jobs));
    };
    this.#closer = new Closer({ core, readPositions: () => this.#reconciler.readPositions(), save });
    this.#stops = new Stops({
      ...{ core, closer: this.#closer, rows: store.openStops() },
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
      newestEpoch: () => this.#epochs.newest,
    });
    this.#safety = this.#openSafety();
    this.#publisher = new Publisher({
      ...{ core, keys: keysOf(config.redis.prefix), closer: this.#closer, stops: this.#stops },
      redisDown: () => this.#watch.redisDown,
      behind: () => this.#ticks.behind(),
      deadMan: () => this.#watch.deadMan,
      inheritsFrom: () => this.#desk.heritage.oldest(),
      safety: () => this.#safety.header(),
      lastEpoch: () => options.epochs.last,
      flush: () => store.flush(),
    });
    this.#desk = this.#openDesk();
    this.#barrier = new Barrier({
      ...{ core, closer: this.#closer, stops: this.#stops, waiting: this.#desk.waiting },
      deadMan: () => this.#watch.deadMan,
      real: systemClock(),
    });
    redis.listen({
      onRefused: (batch) => this.#publisher.putBack(batch),
      onBack: () => this.#publisher.redisLost(),
      onRival: (sentence) => this.#place.lose(sentence),
    });
    keeper.listen({
      onFills: (fills) => this.#publisher.addFills(fills),
      onDoubts: (doubts) => this.#watch.onDoubts(doubts),
      onOrders: (orders) => {
        this.#watch.onOrders(orders);
        this.#safety.onOrders(orders);
        this.#pushes.ordersChanged();
        this.#counters.onOrders(orders);
        if (orders.some(({ order }) => hasEnded(order.status))) this.#closer.tick();
      },
    });
  }

  #openCore(): Core {
    const { config, clock, store, identity, speed } = this.#options;
    const venue = auditedVenue(this.#options.venue, { fence: this.#place.fence, audit: this.#audit });
    const ledger = new Ledger({ instruments: venue.instruments, archive: store, state: store.load(venue.instruments) });
    const keeper = new Keeper({ ledger, write: recordedWrites(this.#options), clock, notice: this.#notices.tell });
    const [budget, meta] = [new Budget(), store.meta()];
    const inForce = new ConfigInForce({
      ...{ config, saved: meta.config, ceiling: this.#options.ceiling ?? null, notice: this.#notices.tell, nowMs: () => clock.wallMs() },
      save: (text) => store.setMeta('config', text),
      onLimits: () => this.#watch.pull('limits-changed', unfitOrders({ core: this.#core, closer: this.#closer, stops: this.#stops })),
    });
    const modes = new Modes({ ...meta, save: (key, value) => store.setMeta(key, value) });
    const risk = new AccountRisk({
      ...{ keeper, venue, saved: meta.day },
      limits: () => inForce.running.limits,
      save: (text) => store.setMeta('day', text),
    });
    const calls = meteredCalls(this.#options);
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
    return {
      get config() {
        return inForce.running;
      },
      ...{ inForce, identity, clock, venue, keeper, router, budget, modes, risk },
      lease: new Lease({ leaseMs: config.gateway.leaseMs }),
      pace: new CommandPace(() => inForce.running.limits.rate),
      seqs: new SeqLog((seq) => this.#options.recorder?.published({ epoch: identity.epoch, seq })),
      latency,
      ledgerFault: () => store.fault,
    };
  }

  /** Protect first: stops for what is held; then leftovers are taken back and ladders resumed, before anybody may quote. */
  async start(): Promise<OpenFault | null> {
    const { redis, ending } = this.#options;
    if (ending.aborted) this.#barrier.close();
    ending.addEventListener('abort', () => this.#barrier.close());
    const early = await Promise.race([redis.opened, new Promise<null>((resolve) => setTimeout(resolve, REDIS_MS, null))]);
    if (early?.kind === 'rival') return openFault(early);
    await this.#stops.protectFirst(PROTECT_MS);
    tellStart(this.#options.times, { core: this.#core, stops: this.#stops, heritage: this.#desk.heritage });
    const fault = await redis.opened;
    if (fault?.kind === 'rival') return openFault(fault);
    this.#core.router.cancel(this.#desk.heritage.begin(this.#core.clock.monoMs()));
    if (fault) return await this.#endAtOnce(fault);
    const jobs = JSON.parse(this.#options.store.meta().ladders) as LadderJob[];
    for (const job of jobs) if (this.#options.venue.instruments.has(job.symbol)) this.#closer.start(job);
    this.#safety.takeUp();
    await this.#openStreams();
    this.#startTimers();
    const hindrance = this.#barrier.closed ? null : await this.#listen();
    if (hindrance) return hindrance;
    await waitFor(() => (this.#core.keeper.known && this.#core.seqs.seq > 0) || this.#barrier.closed, READY_MS);
    this.#started = this.#core.keeper.known;
    if (!this.#barrier.closed) this.#options.times.reach('ready');
    return null;
  }

  /** The file of the configuration was read again. */
  edit(loaded: Result<Config, readonly string[]>): void {
    this.#core.inForce.edit(loaded);
    setLogLevel(this.#options.log, this.#core.config.log.level);
  }

  /** Of positions: once all were, `stop-missing` tells of any that is not. */
  ready(): Readiness {
    return readiness(this.#publisher.header(), this.#options.times.ms.protected !== null);
  }

  /** What metrics are read from. */
  measured(): Measured {
    const { redis, store } = this.#options;
    return {
      ...{ core: this.#core, counters: this.#counters, redis, store, servers: this.#servers, stall: this.#place.stall, ticks: this.#ticks },
      ...{ waiting: this.#desk.waiting, header: () => this.#publisher.header(), alarms: this.#notices.alarms },
    };
  }

  counts(): Readonly<Record<string, number>> {
    return countsOf({
      ...this.#options,
      ticks: this.#ticks,
      core: this.#core,
      servers: this.#servers,
      place: this.#place,
      waiting: this.#desk.waiting,
    });
  }

  /** Cancels what is ours and has the venue say that it is gone; disarms its countdown then. */
  async stop(): Promise<Proof> {
    const proof = await this.#barrier.prove();
    if (proof.verified) this.#safety.ended();
    this.#core.inForce.ended();
    const late = new Promise((resolve) => setTimeout(resolve, DISARM_MS).unref());
    if (proof.verified) await Promise.race([this.#watch.disarm(), late]); // what stays armed finds nothing to cancel
    for (const timer of this.#timers) timer.cancel();
    await waitFor(() => this.#options.redis.ready, 500);
    await this.#options.redis.write(this.#publisher.take());
    return proof;
  }

  get limitsInForce(): Config['limits'] {
    return this.#core.inForce.running.limits;
  }

  /** From outside the sockets. */
  emergencyStop(order: StopOrder): void {
    this.#safety.emergency.trigger(order);
  }

  /** A second signal: less patience, and no less proof. */
  hurry(): void {
    this.#barrier.hurry();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#place[Symbol.dispose]();
    for (const timer of this.#timers) timer.cancel();
    for (const server of this.#servers) await server[Symbol.asyncDispose]();
  }

  #openStreams(): Promise<void> {
    return this.#core.venue.start({
      onAccount: (event) => {
        this.#core.latency.calls.onAccount(event);
        this.#counters.onAccount(event, this.#core.venue.nowMs());
        this.#watch.onAccount(event);
      },
      onBookLive: (symbol, live, reason) => this.#watch.onBookLive(symbol, { live, reason }),
      onInstrument: (news) => this.#watch.onInstrument(news),
      onTop: () => this.#pushes.topChanged(),
      onTrade: (trade) => this.#publisher.addTrade(trade),
      onTradesMissed: (symbol) => this.#publisher.tradesMissed(symbol),
    });
  }

  #startTimers(): void {
    const { clock, speed, store, redis } = this.#options;
    this.#timers = [
      new Pulse({ ticks: this.#ticks, outlet: redis, take: () => this.#takeTick() }).start(),
      clock.every(Math.max(WATCH_MS, 2 * speed), () => this.#tick()),
      clock.every(DEAD_MAN_MS, () => this.#watch.armDeadMan()),
      clock.every(HOUSEKEEP_MS, () => store.housekeep()),
    ];
  }

  /** Without Redis no run begins; what is held is protected by now, and what was left is taken back with the little patience that is left. */
  async #endAtOnce(fault: RedisFault): Promise<OpenFault> {
    this.#barrier.close();
    this.#barrier.hurry();
    const { sentence, code } = openFault(fault);
    return { code, sentence: `${sentence}. ${proofSentence(await this.#barrier.prove())}` };
  }

  #lost(sentence: string): void {
    this.#barrier.close('take-back');
    this.#options.onFatal(sentence, 4);
  }

  #openSafety(): Safety {
    const [core, closer, stops, reconciler] = [this.#core, this.#closer, this.#stops, this.#reconciler];
    return new Safety({ ...this.#options, core, closer, stops, reconciler, dropWaiting: () => this.#desk.waiting.dropAll('stopped') });
  }

  #openDesk(): Desk {
    const { store, times } = this.#options;
    const parts = { core: this.#core, closer: this.#closer, stops: this.#stops, safety: this.#safety, notices: this.#notices };
    return openDesk({ ...parts, store, times, epochs: this.#epochs, header: () => this.#publisher.header() });
  }

  #tick(): void {
    const { redis, store, clock } = this.#options;
    this.#place.fence.tick();
    this.#watch.setRedisDown(redis.down);
    store.flush();
    this.#core.modes.retry();
    this.#core.inForce.retry();
    this.#watch.tick();
    this.#safety.tick();
    for (const { reason, clientIds } of this.#desk.heritage.tick(clock.monoMs())) this.#watch.pull(reason, clientIds);
    if (this.#place.stall.isStalled()) this.#desk.waiting.dropAll('stalled');
    this.#desk.waiting.tick();
    tellStart(this.#options.times, { core: this.#core, stops: this.#stops, heritage: this.#desk.heritage });
    if (store.isBack && this.#safety.isIdle) this.#options.onLedgerBack();
  }

  #takeTick(): Batch {
    const batch = this.#publisher.take();
    this.#pushes.ticked();
    return batch;
  }

  async #listen(): Promise<OpenFault | null> {
    const { runDir, clock, log } = this.#options;
    const sockets = [
      { socket: 'brain', path: runDir.brainSocket },
      { socket: 'operator', path: runDir.operatorSocket },
    ] as const;
    for (const { socket, path } of sockets) {
      const server = await openCommandServer({
        ...{ path, socket, clock, log, stall: this.#place.stall },
        handle: (command, received) =>
          this.#counters.answered(this.#audit.noted(this.#desk.handle(command, received), { command, received }), command),
        onClosed: (client) => this.#desk.closed(client),
      });
      if (!server.ok) return { code: server.error.kind === 'in-use' ? 4 : 1, sentence: server.error.sentence };
      this.#servers = [...this.#servers, server.value];
    }
    return null;
  }
}

const openFault = ({ kind, sentence }: RedisFault): OpenFault => ({ code: kind === 'rival' ? 4 : 3, sentence });
