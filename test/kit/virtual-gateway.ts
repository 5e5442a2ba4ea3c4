/** One life of the gateway's order side on the real venue adapter and the real ledger file, with every timer on a virtual clock. */
import { AccountRisk } from '../../gateway/account/account-risk.ts';
import { Keeper } from '../../gateway/account/keeper.ts';
import { Ledger } from '../../gateway/account/ledger.ts';
import { Reconciler } from '../../gateway/account/reconciler.ts';
import { EpochSource } from '../../gateway/io/epoch-source.ts';
import { fundingBooks } from '../../gateway/io/funding-books.ts';
import { LedgerStore } from '../../gateway/io/ledger-store.ts';
import { type Recorder, recordedWrites } from '../../gateway/io/recorder.ts';
import { Budget } from '../../gateway/orders/budget.ts';
import { Closer } from '../../gateway/orders/closer.ts';
import { CommandPace } from '../../gateway/orders/command-pace.ts';
import { ConfigInForce } from '../../gateway/orders/config-in-force.ts';
import type { Core } from '../../gateway/orders/core.ts';
import { Epochs } from '../../gateway/orders/epochs.ts';
import { DeadMan } from '../../gateway/orders/dead-man.ts';
import { type Client, Desk } from '../../gateway/orders/desk.ts';
import type { LadderJob } from '../../gateway/orders/ladder.ts';
import { Emergency } from '../../gateway/orders/emergency.ts';
import { Lease } from '../../gateway/orders/lease.ts';
import { Modes } from '../../gateway/orders/modes.ts';
import { Router } from '../../gateway/orders/router.ts';
import { Stops } from '../../gateway/orders/stop.ts';
import { Watch } from '../../gateway/orders/watch.ts';
import { Answers } from '../../gateway/publish/answers.ts';
import { CallTimes } from '../../gateway/publish/call-times.ts';
import { Latency } from '../../gateway/publish/latency.ts';
import { Publisher } from '../../gateway/publish/publisher.ts';
import { SeqLog } from '../../gateway/publish/seq-log.ts';
import type { Venue } from '../../gateway/venues/venue.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import { type Answer, type Command, Pushed } from '../../shared/command.ts';
import { type Config, configHash } from '../../shared/config.ts';
import { hasEnded } from '../../shared/order.ts';
import { keysOf } from '../../shared/snapshot.ts';

export type VirtualGatewayOptions = {
  readonly config: Config;
  readonly clock: Clock;
  readonly venue: Venue;
  readonly ledgerFile: string;
  /** Instead of one opened on the file. */
  readonly store?: LedgerStore;
  /** Instead of those kept beside the ledger. */
  readonly epochs?: EpochSource;
  readonly tickMs?: number;
  readonly recorder?: Recorder | null;
  /** Each error that the order side tells. */
  readonly onError: (message: string) => void;
  /** Each snapshot, with what was added to the streams beside it, as a push would carry it; without it none is rendered. */
  readonly onSnapshot?: (pushed: Pushed) => void;
};

const TICK_MS = 25;

export class VirtualGateway implements AsyncDisposable {
  readonly core: Core;
  readonly #options: VirtualGatewayOptions;
  readonly #store: LedgerStore;
  readonly #epochs: EpochSource;
  readonly #reconciler: Reconciler;
  readonly #closer: Closer;
  readonly #stops: Stops;
  readonly #watch: Watch;
  readonly #emergency: Emergency;
  readonly #desk: Desk;
  readonly #publisher: Publisher;
  readonly #lasting = new Map<string, unknown>();
  #timers: readonly Timer[] = [];
  #clients = 0;

  constructor(options: VirtualGatewayOptions) {
    const { config, clock, venue, ledgerFile: path } = options;
    this.#options = options;
    const store = options.store ?? new LedgerStore({ path, clock });
    this.#store = store;
    this.#epochs = options.epochs ?? new EpochSource({ store, path: `${path}.epoch`, clock, seen: [] });
    this.core = this.#assemble();
    const { core } = this;
    const { keeper } = core;
    this.#reconciler = new Reconciler({
      ...{ keeper, clock, sender: core.router, orders: venue.orders, symbols: config.symbols, ...config.gateway },
      onAdopted: (clientIds, how) => this.#watch.onAdopted(clientIds, how),
      readStops: () => this.#stops.sync(),
      funding: fundingBooks(store, core.risk),
      onAccount: (account) => this.#watch.onWhole(account),
      onHoldings: (holdings, at) => this.#closer.onAccount(holdings, at),
    });
    const save = (jobs: readonly LadderJob[]): boolean => store.setMeta('ladders', JSON.stringify(jobs));
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
    this.#watch = new Watch({ core, closer: this.#closer, reconciler: this.#reconciler, deadMan, stops: this.#stops });
    this.#emergency = new Emergency({
      ...{ core, closer: this.#closer, stops: this.#stops, saved: store.meta().emergency },
      readTrades: (symbol) => this.#reconciler.readTrades(symbol),
      save: (text) => store.setMeta('emergency', text),
      dropWaiting: () => this.#desk.waiting.dropAll('stopped'),
      keepRequest: () => undefined,
      clearRequest: () => null,
    });
    this.#publisher = new Publisher({
      ...{ core, keys: keysOf(config.redis.prefix), closer: this.#closer, stops: this.#stops },
      redisDown: () => this.#watch.redisDown,
      deadMan: () => this.#watch.deadMan,
      safety: () => ({}),
      lastEpoch: () => this.#epochs.last,
      flush: () => this.#store.flush(),
    });
    const answers = new Answers({
      core,
      history: store,
      header: () => this.#publisher.header(),
      problems: () => [],
      startMs: () => ({ protected: null, ready: null, quoting: null }),
      alarmsAfter: () => ({ epoch: 0, alarms: [] }),
    });
    this.#desk = new Desk({
      core,
      closer: this.#closer,
      stops: this.#stops,
      emergency: this.#emergency,
      raise: () => true,
      epochs: new Epochs(() => this.#epochs.grant()),
      answerQuery: (query) => answers.answer(query),
    });
    keeper.listen({
      onFills: (fills) => this.#publisher.addFills(fills),
      onDoubts: (doubts) => this.#watch.onDoubts(doubts),
      onOrders: (orders) => {
        this.#watch.onOrders(orders);
        if (orders.some(({ order }) => hasEnded(order.status))) this.#closer.tick();
      },
    });
  }

  /** Protect first, as the process does. */
  async start(): Promise<void> {
    const { clock, venue, config } = this.#options;
    const { core } = this;
    await this.#stops.protectFirst(2_000);
    core.router.cancel(this.#desk.heritage.begin(clock.monoMs()));
    for (const job of JSON.parse(this.#store.meta().ladders) as LadderJob[]) this.#closer.start(job);
    this.#emergency.takeUp();
    await venue.start({
      onAccount: (event) => this.#watch.onAccount(event),
      onBookLive: (symbol, live, reason) => this.#watch.onBookLive(symbol, { live, reason }),
      onInstrument: (news) => this.#watch.onInstrument(news),
      onTrade: () => undefined,
    });
    this.#timers = [
      clock.every(config.snapshot.intervalMs, () => this.#publish()),
      clock.every(this.#options.tickMs ?? TICK_MS, () => this.#tick()),
      clock.every(250, () => this.#watch.armDeadMan()),
      clock.every(250, () => this.#store.housekeep()),
    ];
  }

  hello(role: 'brain' | 'operator'): Client {
    const client: Client = { id: ++this.#clients, socket: role, role: null, epoch: 0 };
    const { environment, configHash: hash } = this.core.identity;
    this.send(client, { id: 0, type: 'hello', role, schema: 1, environment, configHash: hash });
    return client;
  }

  send(client: Client, command: Command): Answer {
    const received = { client, at: this.#options.clock.monoMs(), stalled: false };
    const answer = this.#desk.handle(command, received);
    this.#options.recorder?.command(command, answer, received);
    return answer;
  }

  #tick(): void {
    this.#store.flush();
    this.core.modes.retry();
    this.#watch.tick();
    this.#emergency.tick();
    this.#desk.waiting.tick();
    for (const { reason, clientIds } of this.#desk.heritage.tick(this.#options.clock.monoMs())) this.#watch.pull(reason, clientIds);
  }

  /** The connection of a client is gone. */
  closed(client: Client): void {
    this.#desk.closed(client);
  }

  get heritage(): Desk['heritage'] {
    return this.#desk.heritage;
  }

  stopTimers(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  /** As a kill would: nothing is cancelled, the ledger stays as it is on disk, and what was not yet written there never will be. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stopTimers();
    await this.#options.venue[Symbol.asyncDispose]();
    this.#store.abandon();
  }

  #publish(): void {
    const { clock, onSnapshot } = this.#options;
    if (!onSnapshot) {
      this.core.seqs.next({ at: clock.monoMs(), newestFrameAt: clock.monoMs() });
      return;
    }
    const { lasting, entries } = this.#publisher.take();
    for (const [key, text] of lasting) if (text !== null) this.#lasting.set(key, JSON.parse(text) as unknown);
    const pushed = Pushed.parse(JSON.parse(this.#publisher.pushTaken()?.line ?? ''));
    const docs = { ...Object.fromEntries(this.#lasting), ...pushed.docs };
    onSnapshot({ ...pushed, docs, entries: entries.map(({ key, text }) => ({ key, text })) });
  }

  #assemble(): Core {
    const { config, clock, venue, onError, recorder } = this.#options;
    const store = this.#store;
    const ledger = new Ledger({ instruments: venue.instruments, archive: store, state: store.load(venue.instruments) });
    const notice: Keeper['notice'] = ({ level, message, fields }) => {
      if (level === 'error') onError(`${message} ${JSON.stringify(fields)}`);
    };
    const keeper = new Keeper({ ledger, write: recordedWrites({ recorder, store }), clock, notice });
    const budget = new Budget();
    const modes = new Modes({ ...store.meta(), save: (key, value) => store.setMeta(key, value) });
    const inForce = new ConfigInForce({
      ...{ config, saved: store.meta().config, ceiling: null, notice, nowMs: () => clock.wallMs() },
      save: (text) => store.setMeta('config', text),
      onLimits: () => undefined,
    });
    const risk = new AccountRisk({
      keeper,
      venue,
      limits: () => config.limits,
      saved: store.meta().day,
      save: (text) => store.setMeta('day', text),
    });
    const pace = new CommandPace(() => config.limits.rate);
    const router = new Router({
      ...{ keeper, orders: venue.orders, clock, budget },
      version: (symbol) => venue.instruments.get(symbol)?.version ?? '',
      onUnknown: (clientId) => this.#reconciler.resolve(clientId),
      onAcked: (clientId) => this.#watch.onAcked(clientId),
      onRefused: (fault) => this.#watch.onRefused(fault),
      onAuth: (sentence) => modes.pause(sentence),
    });
    const epoch = this.#epochs.grantAnyway();
    const identity = { epoch, environment: 'sim', accountHash: 'a'.repeat(12), configHash: configHash(config) } as const;
    const calls = new CallTimes({ clock, speed: 1, observe: () => undefined });
    const latency = { frameToOrder: new Latency(1), command: new Latency(1), calls };
    const lease = new Lease({ leaseMs: config.gateway.leaseMs });
    return {
      config,
      inForce,
      identity,
      clock,
      venue,
      keeper,
      router,
      budget,
      lease,
      modes,
      risk,
      pace,
      seqs: new SeqLog((seq) => recorder?.published({ epoch, seq })),
      latency,
      ledgerFault: () => store.fault,
    };
  }
}
