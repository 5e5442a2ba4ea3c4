/** The whole order side on a virtual clock and a scripted venue: ledger, router, reconcile, ladders, watch and desk, without sockets. */
import { AccountRisk } from '../../gateway/account/account-risk.ts';
import { Keeper, type KeeperOptions } from '../../gateway/account/keeper.ts';
import { Reconciler } from '../../gateway/account/reconciler.ts';
import type { Change } from '../../gateway/account/rows.ts';
import type { LedgerStore } from '../../gateway/io/ledger-store.ts';
import { Audit } from '../../gateway/orders/audit.ts';
import { auditedVenue } from '../../gateway/orders/audited-venue.ts';
import { Fence } from '../../gateway/orders/fence.ts';
import { Stamps } from '../../gateway/account/stamps.ts';
import { Budget } from '../../gateway/orders/budget.ts';
import { Closer } from '../../gateway/orders/closer.ts';
import { CommandPace } from '../../gateway/orders/command-pace.ts';
import { ConfigInForce } from '../../gateway/orders/config-in-force.ts';
import type { Core } from '../../gateway/orders/core.ts';
import { DeadMan } from '../../gateway/orders/dead-man.ts';
import { type Client, Desk } from '../../gateway/orders/desk.ts';
import { Epochs } from '../../gateway/orders/epochs.ts';
import type { LadderJob } from '../../gateway/orders/ladder.ts';
import { Emergency } from '../../gateway/orders/emergency.ts';
import { Lease } from '../../gateway/orders/lease.ts';
import { Modes } from '../../gateway/orders/modes.ts';
import { Stops } from '../../gateway/orders/stop.ts';
import type { StopRow } from '../../gateway/orders/stop-book.ts';
import { unfitOrders } from '../../gateway/orders/resting-check.ts';
import { Router } from '../../gateway/orders/router.ts';
import { Watch } from '../../gateway/orders/watch.ts';
import { Alarms } from '../../gateway/publish/alarms.ts';
import { CallTimes } from '../../gateway/publish/call-times.ts';
import { Latency } from '../../gateway/publish/latency.ts';
import { SeqLog } from '../../gateway/publish/seq-log.ts';
import { Ledger } from '../../gateway/account/ledger.ts';
import { VirtualClock } from '../../shared/clock.ts';
import type { Answer, Command, Place } from '../../shared/command.ts';
import { checkConfig, type Config, configHash } from '../../shared/config.ts';
import { makeClientId, type Role } from '../../shared/client-id.ts';
import { NO_ARCHIVE } from './orders.ts';
import { ScriptedVenue } from './scripted-venue.ts';

export const CONFIG: Config = (() => {
  const checked = checkConfig({
    symbols: ['BTCUSDT'],
    gateway: { metricsPort: 0 },
    strategy: {
      active: 'market-making',
      marketMaking: { spreadBps: 2, skewBps: 1, orderSize: '0.010', maxInventory: '0.05' },
      macdTrend: { orderSize: '0.010' },
    },
    exits: { takeProfitPercent: 1, stopLossPercent: 1 },
    limits: {
      maxGrossNotional: '100000',
      default: { maxPosition: '0.500', maxOrderNotional: '20000', maxOpenOrders: 20, collarPercent: 2 },
      equity: { maxOrderPercent: 100, maxPositionPercent: 2000, maxDailyLossPercent: 50 },
    },
  });
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
})();

/** Lets every promise that is ready run. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

/** Of a gateway that never stood still. */
export const openFence = (): Fence => new Fence({ stalls: () => 0, prove: () => Promise.resolve('ours') });

export class OrderSide {
  readonly clock = new VirtualClock();
  readonly venue = new ScriptedVenue(this.clock);
  readonly facts: string[] = [];
  /** Of the facts, those that a person is called for. */
  readonly alarmed: string[] = [];
  readonly written: Change[] = [];
  readonly core: Core;
  readonly reconciler: Reconciler;
  readonly closer: Closer;
  readonly stops: Stops;
  readonly stopRows = new Map<string, StopRow>();
  readonly watch: Watch;
  readonly desk: Desk;
  jobs: readonly LadderJob[] = [];
  readonly store: LedgerStore | null;
  readonly audit: Audit;
  fault: string | null = null;
  readonly emergency: Emergency;
  readonly alarms: Alarms;
  /** What was saved of the emergency stop last. */
  savedEmergency: string | null = null;
  /** Why a request from outside cannot be taken away. */
  request: string | null = null;
  #epochs = 1;

  /** `store`: a ledger on disk instead of one in memory. `emergency`: what an earlier run saved of its stop. */
  constructor(
    config: Config = CONFIG,
    stopRows: readonly StopRow[] = [],
    { openStore, emergency = null }: { readonly openStore?: (clock: VirtualClock) => LedgerStore; readonly emergency?: string | null } = {},
  ) {
    const { clock } = this;
    const store = openStore?.(clock) ?? null;
    this.store = store;
    this.audit = new Audit({ stamps: store?.stamps ?? new Stamps(clock), take: (note) => store?.note(note) });
    const venue = store ? auditedVenue(this.venue, { fence: openFence(), audit: this.audit }) : this.venue;
    const ledger = new Ledger({
      instruments: venue.instruments,
      archive: store ?? NO_ARCHIVE,
      state: store?.load(venue.instruments) ?? { orders: [], positions: [], fillSeq: 0, loose: [] },
    });
    const inMemory = (change: Change): boolean => this.fault === null && this.written.push(change) > 0;
    const write: KeeperOptions['write'] = (change, cause) => store?.write(change, cause) ?? inMemory(change);
    const notice: Keeper['notice'] = ({ message, alarm }) => {
      this.facts.push(message);
      if (alarm !== undefined) this.alarmed.push(alarm);
    };
    const keeper = new Keeper({ ledger, write, clock, notice });
    const budget = new Budget();
    const modes = new Modes({ stopped: null, paused: null, save: () => true });
    const inForce = new ConfigInForce({
      ...{ config, saved: null, ceiling: null, notice, nowMs: () => clock.wallMs() },
      save: () => this.fault === null,
      onLimits: () => this.watch.pull('limits-changed', unfitOrders(this)),
    });
    const risk = new AccountRisk({ keeper, venue, limits: () => inForce.running.limits, saved: null, save: () => true });
    const pace = new CommandPace(() => inForce.running.limits.rate);
    const router = new Router({
      keeper,
      orders: venue.orders,
      clock,
      budget,
      version: (symbol) => venue.instruments.get(symbol)?.version ?? '',
      onUnknown: (one) => this.reconciler.resolve(one),
      onAcked: (one) => this.watch.onAcked(one),
      onRefused: (fault) => this.watch.onRefused(fault),
      onAuth: () => modes.pause('auth'),
    });
    const identity = { epoch: 1, environment: 'sim', accountHash: 'a'.repeat(12), configHash: configHash(config) } as const;
    const latency = {
      frameToOrder: new Latency(1),
      command: new Latency(1),
      calls: new CallTimes({ clock, speed: 1, observe: () => undefined }),
    };
    const lease = new Lease({ leaseMs: config.gateway.leaseMs });
    this.core = {
      get config() {
        return inForce.running;
      },
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
      seqs: new SeqLog(),
      latency,
      ledgerFault: () => store?.fault ?? this.fault,
    };
    const { core } = this;
    this.reconciler = new Reconciler({
      ...{ keeper, clock, sender: core.router, orders: venue.orders, symbols: ['BTCUSDT'], ...config.gateway },
      onAdopted: (clientIds, how) => this.watch.onAdopted(clientIds, how),
      readStops: () => this.stops.sync(),
      onAccount: (account) => this.watch.onWhole(account),
      onHoldings: (holdings, readAt) => this.closer.onAccount(holdings, readAt),
    });
    this.closer = new Closer({ core, readPositions: () => this.reconciler.readPositions(), save: (jobs) => this.#keep(jobs) });
    this.stops = new Stops({
      core,
      closer: this.closer,
      rows: stopRows,
      save: (row) => this.stopRows.set(row.clientId, row).size > 0,
      readPositions: () => this.reconciler.readPositions(),
      onSuspicious: (reason) => this.reconciler.want(reason),
      onMissing: (symbol) => this.watch.onStopMissing(symbol),
    });
    const { deadManMs: countdownMs, deadManRefreshMs: refreshMs } = config.gateway;
    this.watch = new Watch({
      core,
      closer: this.closer,
      reconciler: this.reconciler,
      stops: this.stops,
      deadMan: new DeadMan({ countdownMs, refreshMs, exclusive: config.account.exclusive }),
    });
    this.emergency = new Emergency({
      ...{ core, closer: this.closer, stops: this.stops, saved: emergency },
      readTrades: (symbol) => this.reconciler.readTrades(symbol),
      save: (text) => this.#saveEmergency(text),
      dropWaiting: () => this.desk.waiting.dropAll('stopped'),
      keepRequest: () => undefined,
      clearRequest: () => this.request,
    });
    this.alarms = new Alarms({ clock, epoch: 1 });
    this.desk = new Desk({
      ...{ core, closer: this.closer, stops: this.stops, emergency: this.emergency },
      raise: (alarm) => this.alarms.raiseFor(alarm),
      epochs: new Epochs(() => ++this.#epochs),
      answerQuery: () => null,
    });
    keeper.listen({
      onFills: () => undefined,
      onDoubts: (doubts) => this.watch.onDoubts(doubts),
      onOrders: (orders) => this.watch.onOrders(orders),
    });
  }

  /** Streams up, account read. */
  static async started(config?: Config, openStore?: (clock: VirtualClock) => LedgerStore): Promise<OrderSide> {
    const side = new OrderSide(config, [], openStore ? { openStore } : {});
    await side.venue.start({
      onAccount: (event) => side.watch.onAccount(event),
      onBookLive: (symbol, live, reason) => side.watch.onBookLive(symbol, { live, reason }),
      onTrade: () => undefined,
    });
    await side.run(100);
    return side;
  }

  /** Moves time on in small steps, as the timers of the process do, and lets answers come in. */
  async run(ms: number, stepMs = 25): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(stepMs);
      if (passed % 100 === 0) this.publish();
      this.store?.flush();
      this.watch.tick();
      this.emergency.tick();
      this.desk.waiting.tick();
      if (passed % 250 === 0) this.watch.armDeadMan();
      await settle();
    }
  }

  publish(): void {
    this.core.seqs.next({ at: this.clock.monoMs(), newestFrameAt: this.clock.monoMs() });
  }

  client(role: 'brain' | 'operator' | 'observer', connection = 1): Client {
    const client: Client = { id: connection, socket: role === 'operator' ? 'operator' : 'brain', role: null, epoch: 0 };
    this.send(client, { id: 0, type: 'hello', role, schema: 1, environment: 'sim', configHash: this.core.identity.configHash });
    return client;
  }

  send(client: Client, command: Command, stalled = false): Answer {
    const received = { client, at: this.clock.monoMs(), stalled };
    return this.audit.noted(this.desk.handle(command, received), { command, received });
  }

  #saveEmergency(text: string | null): boolean {
    if (this.fault === null) this.savedEmergency = text;
    return this.fault === null;
  }

  #keep(jobs: readonly LadderJob[]): boolean {
    this.audit.closing(jobs);
    if (this.fault === null) this.jobs = jobs;
    return this.fault === null;
  }

  get basedOn() {
    return { epoch: 1, seq: this.core.seqs.seq };
  }

  beat(client: Client): Answer {
    return this.send(client, { id: 0, type: 'heartbeat', processed: this.basedOn });
  }

  status(clientId: string): string | undefined {
    return this.core.keeper.ledger.order(clientId)?.order.status;
  }
}

export const idOf = (client: Client, counter: number, role: Role = client.socket === 'brain' ? 'quote' : 'operator') =>
  makeClientId({ role, epoch: client.epoch, counter });

export const place = (side: OrderSide, client: Client, over: Partial<Place> = {}): Place => ({
  id: 1,
  type: 'place',
  clientId: idOf(client, 1),
  symbol: 'BTCUSDT',
  side: 'buy',
  kind: 'limit',
  timeInForce: 'post-only',
  price: '59999.00',
  size: '0.010',
  reduceOnly: false,
  basedOn: side.basedOn,
  ttlMs: 500,
  ...over,
});

export async function withBrain() {
  const side = await OrderSide.started();
  return { side, brain: side.client('brain') };
}

/** Life goes on: the brain beats every 100 ms. */
export async function live(side: OrderSide, client: Client, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    side.beat(client);
    await side.run(100);
  }
}
