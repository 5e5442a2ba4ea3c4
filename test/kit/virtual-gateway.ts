/** One life of the gateway's order side on the real venue adapter and the real ledger file, with every timer on a virtual clock. */
import { Keeper } from '../../gateway/account/keeper.ts';
import { Ledger } from '../../gateway/account/ledger.ts';
import { Reconciler } from '../../gateway/account/reconciler.ts';
import { Epochs } from '../../gateway/io/epochs.ts';
import { LedgerStore } from '../../gateway/io/ledger-store.ts';
import { Budget } from '../../gateway/orders/budget.ts';
import { Closer } from '../../gateway/orders/closer.ts';
import type { Core } from '../../gateway/orders/core.ts';
import { DeadMan } from '../../gateway/orders/dead-man.ts';
import { type Client, Desk } from '../../gateway/orders/desk.ts';
import type { LadderJob } from '../../gateway/orders/ladder.ts';
import { Lease } from '../../gateway/orders/lease.ts';
import { Modes } from '../../gateway/orders/modes.ts';
import { Router } from '../../gateway/orders/router.ts';
import { Stops } from '../../gateway/orders/stop.ts';
import { Watch } from '../../gateway/orders/watch.ts';
import { CallTimes } from '../../gateway/publish/call-times.ts';
import { Latency } from '../../gateway/publish/latency.ts';
import { SeqLog } from '../../gateway/publish/seq-log.ts';
import type { Venue } from '../../gateway/venues/venue.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import type { Answer, Command } from '../../shared/command.ts';
import { type Config, configHash } from '../../shared/config.ts';
import { hasEnded } from '../../shared/order.ts';

export type VirtualGatewayOptions = {
  readonly config: Config;
  readonly clock: Clock;
  readonly venue: Venue;
  readonly ledgerFile: string;
  /** Instead of one opened on the file. */
  readonly store?: LedgerStore;
  /** Instead of those kept beside the ledger. */
  readonly epochs?: Epochs;
  readonly tickMs?: number;
  /** Each error that the order side tells. */
  readonly onError: (message: string) => void;
};

const TICK_MS = 25;

export class VirtualGateway implements AsyncDisposable {
  readonly core: Core;
  readonly #options: VirtualGatewayOptions;
  readonly #store: LedgerStore;
  readonly #epochs: Epochs;
  readonly #reconciler: Reconciler;
  readonly #closer: Closer;
  readonly #stops: Stops;
  readonly #watch: Watch;
  readonly #desk: Desk;
  #timers: readonly Timer[] = [];

  constructor(options: VirtualGatewayOptions) {
    const { config, clock, venue, ledgerFile: path } = options;
    this.#options = options;
    const store = options.store ?? new LedgerStore({ path, clock });
    this.#store = store;
    this.#epochs = options.epochs ?? new Epochs({ store, path: `${path}.epoch`, clock, seen: [] });
    this.core = this.#assemble();
    const { core } = this;
    const { keeper } = core;
    this.#reconciler = new Reconciler({
      ...{ keeper, clock, sender: core.router, orders: venue.orders, symbols: config.symbols, ...config.gateway },
      onAdopted: (clientIds) => this.#watch.onAdopted(clientIds),
      readStops: () => this.#stops.sync(),
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
    this.#desk = new Desk({
      core,
      closer: this.#closer,
      stops: this.#stops,
      grantEpoch: () => this.#epochs.grant(),
      answerQuery: () => null,
    });
    keeper.listen({
      onFills: () => undefined,
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
    core.router.cancel(core.keeper.ledger.openOrders().flatMap(({ role, clientId }) => (role === 'stop' ? [] : [clientId])));
    for (const job of JSON.parse(this.#store.meta().ladders) as LadderJob[]) this.#closer.start(job);
    await venue.start({
      onAccount: (event) => this.#watch.onAccount(event),
      onBookLive: (symbol, live, reason) => this.#watch.onBookLive(symbol, { live, reason }),
      onInstrument: (news) => this.#watch.onInstrument(news),
      onTrade: () => undefined,
    });
    this.#timers = [
      clock.every(config.snapshot.intervalMs, () => core.seqs.next({ at: clock.monoMs(), newestFrameAt: clock.monoMs() })),
      clock.every(this.#options.tickMs ?? TICK_MS, () => {
        this.#store.retry();
        core.modes.retry();
        this.#watch.tick();
        this.#desk.waiting.tick();
      }),
      clock.every(250, () => this.#watch.armDeadMan()),
      clock.every(10_000, () => this.#store.checkpoint()),
    ];
  }

  hello(role: 'brain' | 'operator'): Client {
    const client: Client = { id: 1, socket: role, role: null, epoch: 0 };
    const { environment, configHash: hash } = this.core.identity;
    this.send(client, { id: 0, type: 'hello', role, schema: 1, environment, configHash: hash });
    return client;
  }

  send(client: Client, command: Command): Answer {
    return this.#desk.handle(command, { client, at: this.#options.clock.monoMs(), stalled: false });
  }

  stopTimers(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  /** As a kill would: nothing is cancelled, the ledger stays as it is on disk. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stopTimers();
    await this.#options.venue[Symbol.asyncDispose]();
    this.#store[Symbol.dispose]();
  }

  #assemble(): Core {
    const { config, clock, venue, onError } = this.#options;
    const store = this.#store;
    const ledger = new Ledger({ instruments: venue.instruments, archive: store, state: store.load(venue.instruments) });
    const notice: Keeper['notice'] = ({ level, message, fields }) => {
      if (level === 'error') onError(`${message} ${JSON.stringify(fields)}`);
    };
    const keeper = new Keeper({ ledger, write: (change) => store.write(change), clock, notice });
    const budget = new Budget();
    const modes = new Modes({ ...store.meta(), save: (key, value) => store.setMeta(key, value) });
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
      identity,
      clock,
      venue,
      keeper,
      router,
      budget,
      lease,
      modes,
      seqs: new SeqLog(),
      latency,
      ledgerFault: () => store.fault,
    };
  }
}
