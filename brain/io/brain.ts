/** A running brain: documents in, one pure turn a symbol, commands out, the decision written for people. Holds no keys and no rules. */
import type { Redis } from 'ioredis';
import type { Clock } from '../../shared/clock.ts';
import {
  type Answer,
  FillsAnswer,
  OrderAnswer,
  PositionsAnswer,
  type Refusal,
  type Refused,
  type Taken,
  type Welcome,
} from '../../shared/command.ts';
import { type Config, configHash, limitsOf } from '../../shared/config.ts';
import { formatPrice, formatSize, type Instrument } from '../../shared/instrument.ts';
import type { GatewayClient } from '../../shared/io/gateway-client.ts';
import type { Log } from '../../shared/log.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { Random } from '../../shared/random.ts';
import { type BrainDoc, keysOf, type Stamp } from '../../shared/snapshot.ts';
import { monoMs } from '../../shared/units.ts';
import { ClientIds } from '../oms/ids.ts';
import { answered, forget } from '../oms/notes.ts';
import { omsRules } from '../oms/oms.ts';
import { requestOf } from '../oms/request.ts';
import type { Pending } from '../oms/working.ts';
import { FillBook } from '../portfolio/position.ts';
import type { ExitReason } from '../risk/exits.ts';
import { initialState, type Settings, step, type Stepped, type SymbolState } from '../step.ts';
import type { Chosen } from '../strategy/choose.ts';
import { type Documents, headerReason, type Identity, instrumentIn, workingOf } from '../view.ts';
import type { BrainStore } from './brain-store.ts';
import { CommandSender, type Outgoing } from './command-sender.ts';
import { GatewayLink } from './gateway-link.ts';
import { SnapshotPoller } from './snapshot-poller.ts';

export type BrainOptions = {
  readonly config: Config;
  readonly socketPath: string;
  readonly redis: Redis;
  readonly store: BrainStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly onFatal: (sentence: string, code: number) => void;
  /** The first snapshot was acted on. */
  readonly onReady: () => void;
};

const DOC_TTL_MS = 60_000;
const FILLS_AT_ONCE = 200;
/** After a refusal nothing but cancels is sent for this long: the same command would be refused at every snapshot. */
const REFUSED_MS = 500;
/** Refusals that the next snapshot explains: the order changed while the command was on its way. */
const RACES: ReadonlySet<Refusal> = new Set(['order-busy', 'order-ended', 'unknown-order']);
/** In place of an answer: it never left the brain. */
const NEVER_SENT: Refused = { id: null, type: 'refused', code: 'unknown-order', sentence: 'Not sent: overtaken by a cancel' };
const STOP_TRIES = 100;
const STOP_MS = 50;

export class Brain<S> implements AsyncDisposable {
  readonly #options: BrainOptions;
  readonly #settings: ReadonlyMap<string, Settings<S>>;
  readonly #states = new Map<string, SymbolState<S>>();
  readonly #latest = new Map<string, Stepped<S>>();
  readonly #fills = new FillBook();
  readonly #poller: SnapshotPoller;
  readonly #link: GatewayLink;
  readonly #sender: CommandSender;
  readonly #decided;
  readonly #actions;
  readonly #refusals;
  #identity: Identity | null = null;
  #ids: ClientIds | null = null;
  #brainEpoch = 0;
  #decisions = 0;
  #processed: Stamp | null = null;
  #documents: Documents | null = null;
  #reason = 'starting';
  #stopping = false;
  #readingFills = false;

  constructor(options: BrainOptions, chosen: Chosen<S>) {
    const { config, redis, clock, log, metrics, store } = options;
    this.#options = options;
    this.#settings = new Map(config.symbols.map((symbol) => [symbol, settingsOf({ config, symbol, chosen })]));
    for (const symbol of config.symbols) this.#states.set(symbol, initialState(chosen.strategy, store.exits(symbol)));
    this.#decided = metrics.counter('brain_decisions_total', 'Turns taken, by what came of them', ['reason']);
    this.#actions = metrics.counter('brain_actions_total', 'Order commands decided on', ['kind']);
    this.#refusals = metrics.counter('brain_refusals_total', 'Commands that the gateway refused', ['code']);
    const onDocuments = (documents: Documents): void => this.#take(documents);
    this.#poller = new SnapshotPoller({
      redis,
      keys: keysOf(config.redis.prefix),
      symbols: config.symbols,
      interval: chosen.interval,
      clock,
      log,
      onDocuments,
    });
    redis.on('ready', () => this.#poller.rewindFills());
    this.#link = this.#openLink();
    this.#sender = this.#openSender();
    this.#poller.start(config.brain.pollMs);
  }

  /** Coded reasons why it does not trade; none when it does. */
  problems(): readonly string[] {
    const { store } = this.#options;
    return [
      ...(store.fault === null ? [] : ['store-unreadable']),
      ...(this.#link.connected ? [] : ['no-gateway']),
      ...(this.#reason === '' ? [] : [this.#reason]),
    ];
  }

  /** Takes back every quote and reads the last fills; true when a snapshot proves both. */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    this.#sender.dropAll();
    await this.#link.request({ type: 'cancelAll' });
    for (let i = 0; i < STOP_TRIES; i++) {
      if (this.#isDone()) break;
      await new Promise((resolve) => setTimeout(resolve, STOP_MS));
    }
    await this.#writeDoc();
    return this.#isDone();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#poller.stop();
    await this.#link[Symbol.asyncDispose]();
  }

  /** No order of a strategy is left in the newest snapshot, and no fill is unread. */
  #isDone(): boolean {
    if (!this.#documents || !this.#link.connected) return false;
    const { header, symbols } = this.#documents;
    const resting = Object.values(symbols).flatMap((docs) => docs.orders?.orders ?? []);
    const left = resting.filter(
      ({ role, status }) => ['quote', 'trend', 'custom'].includes(role) && !['filled', 'canceled', 'expired', 'rejected'].includes(status),
    );
    return (
      left.length === 0 && this.#fills.fillSeq === header.fillSeq && [...this.#states.values()].every(({ pending }) => pending.length === 0)
    );
  }

  #openLink(): GatewayLink {
    const { config, socketPath: path, clock, random, log, onFatal } = this.#options;
    return new GatewayLink({
      ...{ path, clock, random, log, onFatal },
      environment: config.environment,
      configHash: configHash(config),
      leaseMs: config.gateway.leaseMs,
      push: config.brain.feed === 'push',
      onPushed: ({ keys }) => this.#poller.take(new Map(Object.entries(keys))),
      onWelcome: (welcome, client) => this.#welcomed(welcome, client),
      onLost: () => {
        this.#ids = null;
        this.#reason = 'no-gateway';
      },
      processed: () => this.#processed,
    });
  }

  async #welcomed(welcome: Welcome['welcome'], client: GatewayClient): Promise<void> {
    this.#identity = {
      environment: welcome.environment,
      accountHash: welcome.accountHash,
      configHash: configHash(this.#options.config),
      epoch: welcome.epoch,
    };
    this.#brainEpoch = welcome.brainEpoch;
    this.#ids = new ClientIds(welcome.brainEpoch);
    this.#reason = 'no-snapshot'; // until the first one under this lease
    const answer = PositionsAnswer.safeParse(dataOf(await client.request({ type: 'query', what: 'positions' })));
    if (answer.success) this.#fills.rebase(answer.data);
    else this.#options.log.error('Gateway did not tell the positions');
  }

  /** Each snapshot once, the newest only: an older one by the other route is passed over. */
  #take(documents: Documents): void {
    const { header } = documents;
    const before = this.#documents?.header;
    if (before && (header.epoch < before.epoch || (header.epoch === before.epoch && header.seq <= before.seq))) return;
    this.#documents = documents;
    if (this.#fills.fillSeq !== null && header.fillSeq > this.#fills.fillSeq) void this.#readFills();
    if (!this.#identity) return;
    const { config, clock } = this.#options;
    const reason = headerReason(documents, { identity: this.#identity, now: clock.monoMs(), maxAgeMs: config.brain.maxSnapshotAgeMs });
    this.#reason = reason ?? '';
    if (reason === null) this.#turn(documents);
    void this.#writeDoc();
  }

  #turn(documents: Documents): void {
    const { clock, store, config } = this.#options;
    const { epoch, seq } = documents.header;
    const leaving: Outgoing[] = [];
    for (const [symbol, settings] of this.#settings) {
      const before = this.#states.get(symbol);
      if (!before) continue;
      const nextId = (role: Parameters<ClientIds['next']>[0]): string | null => this.#ids?.next(role) ?? null;
      const leased = this.#ids !== null && this.#link.connected && documents.header.brainEpoch === this.#brainEpoch;
      const mayTrade = leased && store.fault === null && !this.#stopping;
      const turn = { symbol, documents, now: clock.monoMs(), nowMs: clock.wallMs(), nextId, mayTrade };
      const stepped = step(before, { settings, turn });
      this.#latest.set(symbol, stepped);
      store.save(symbol, stepped.state.exits);
      this.#decided.inc({ reason: stepped.reason });
      const pending = stepped.commands.map(
        (command): Pending => ({ command, role: settings.strategy.role, sentAt: turn.now, visibleFrom: null }),
      );
      this.#states.set(symbol, { ...stepped.state, pending: [...stepped.state.pending, ...pending] });
      leaving.push(...pending.flatMap((one) => this.#outgoing(one, { epoch, seq })));
      for (const clientId of stepped.ask) void this.#ask(symbol, clientId);
      if (stepped.close !== null) void this.#close(symbol, stepped.close);
    }
    this.#sender.send(leaving);
    this.#processed = { epoch, seq };
    if (this.#decisions++ === 0) this.#options.onReady();
    if (config.log.level === 'trace')
      this.#options.log.trace(
        { seq, commands: [...this.#latest].map(([symbol, { commands }]) => [symbol, commands.length]) },
        'Turn taken',
      );
  }

  /** One that cannot be written stays pending, as if unanswered. */
  #outgoing(pending: Pending, basedOn: Stamp): Outgoing[] {
    const { command } = pending;
    this.#actions.inc({ kind: command.kind });
    const request = requestOf(command, {
      instrument: this.#instrument(command.symbol),
      basedOn,
      ttlMs: this.#options.config.brain.commandTtlMs,
    });
    return request ? [{ command, pending, request }] : [];
  }

  #openSender(): CommandSender {
    const { clock, config, log } = this.#options;
    return new CommandSender({
      clock,
      windowMs: config.brain.oms.batchWindowMs,
      request: (request) => this.#link.request(request),
      onDropped: (pending) => this.#settle(pending, NEVER_SENT),
      onAnswer: (pending, answer) => {
        const { symbol, clientId, kind } = pending.command;
        if (answer?.type === 'refused') {
          this.#refusals.inc({ code: answer.code });
          log.info({ symbol, clientId, kind, code: answer.code, sentence: answer.sentence }, 'Command refused');
        }
        this.#settle(pending, answer);
      },
    });
  }

  /** Taken: pending until a snapshot shows it. Refused: it never was. No answer: it stays, until it can no longer be. */
  #settle(pending: Pending, answer: Taken | Refused | null): void {
    const { symbol, kind, clientId } = pending.command;
    const state = this.#states.get(symbol);
    if (!state || answer === null) return;
    const others = state.pending.filter((one) => one !== pending);
    const kept = answer.type === 'taken' ? [...others, { ...pending, visibleFrom: answer.seq }] : others;
    const refused = answer.type === 'refused' && kind !== 'cancel' && answer !== NEVER_SENT && !RACES.has(answer.code) ? answer.code : null;
    const refusal = refused === null ? state.refusal : { code: refused, untilMs: monoMs(this.#options.clock.monoMs() + REFUSED_MS) };
    const oms = answer.type === 'refused' && kind === 'place' ? forget(state.oms, clientId) : state.oms;
    this.#states.set(symbol, { ...state, pending: kept, refusal, oms });
  }

  /** What became of an order that snapshots show no more; no answer: the next turn asks again. */
  async #ask(symbol: string, clientId: string): Promise<void> {
    const told = OrderAnswer.safeParse(dataOf(await this.#link.request({ type: 'query', what: 'order', clientId })));
    const [state, instrument] = [this.#states.get(symbol), this.#instrument(symbol)];
    if (!told.success || !state || !instrument) return;
    const order = told.data.order && workingOf(instrument, told.data.order);
    if (told.data.order && !order) return; // of another tick: it can be told when it is shown
    this.#options.log.info({ symbol, clientId, status: order?.status ?? 'never-was' }, 'Order not shown any more: asked for');
    this.#states.set(symbol, { ...state, oms: answered(state.oms, { clientId, order }) });
  }

  async #close(symbol: string, reason: ExitReason): Promise<void> {
    const answer = await this.#link.request({
      type: 'closePosition',
      symbol,
      reason,
      ladder: reason === 'take-profit' ? 'maker-first' : 'taker',
    });
    const sentence = answer?.type === 'refused' ? answer.sentence : answer === null ? 'no answer' : undefined;
    this.#options.log[sentence === undefined ? 'warn' : 'error'](
      { symbol, reason, sentence },
      sentence === undefined ? 'Hard exit' : 'Hard exit not taken: asking again',
    );
  }

  /** From the stream while it goes on without a hole, else from the gateway's ledger. */
  async #readFills(): Promise<void> {
    if (this.#readingFills) return;
    this.#readingFills = true;
    try {
      for (const fill of await this.#poller.fills()) this.#fills.add(fill);
      const wanted = this.#documents?.header.fillSeq ?? 0;
      while (this.#fills.fillSeq !== null && this.#fills.fillSeq < wanted) if (!(await this.#askFills(this.#fills.fillSeq))) break;
    } catch (error) {
      this.#options.log.warn({ problem: error instanceof Error ? error.message : String(error) }, 'Fills not read: trying again');
    } finally {
      this.#readingFills = false;
    }
  }

  async #askFills(after: number): Promise<boolean> {
    const answer = FillsAnswer.safeParse(dataOf(await this.#link.request({ type: 'query', what: 'fills', after, limit: FILLS_AT_ONCE })));
    if (!answer.success) return false;
    return answer.data.fills.map((fill) => this.#fills.add(fill)).includes('counted');
  }

  #instrument(symbol: string): Instrument | null {
    return this.#documents && instrumentIn(this.#documents, symbol);
  }

  async #writeDoc(): Promise<void> {
    const { redis, config, clock, log } = this.#options;
    if (redis.status !== 'ready' || !this.#processed) return;
    const document: BrainDoc = {
      brainEpoch: this.#brainEpoch,
      processed: this.#processed,
      wallMs: clock.wallMs(),
      strategy: config.strategy.active,
      decisions: this.#decisions,
      fillSeq: this.#fills.fillSeq ?? 0,
      symbols: Object.fromEntries(config.symbols.map((symbol) => [symbol, this.#symbolDoc(symbol)])),
      risk: { state: this.problems().length === 0 ? 'normal' : 'blocked', reasons: [...this.problems()] },
    };
    await redis
      .set(keysOf(config.redis.prefix).brain, JSON.stringify(document), 'PX', DOC_TTL_MS)
      .catch((error: Error) => log.warn({ problem: error.message }, 'Decision not written'));
  }

  #symbolDoc(symbol: string): BrainDoc['symbols'][string] {
    const stepped = this.#latest.get(symbol);
    const exits = this.#states.get(symbol)?.exits;
    const instrument = this.#instrument(symbol);
    const quotes = (stepped?.quotes ?? []).flatMap(({ side, price, size }) =>
      instrument ? [{ side, price: formatPrice(instrument, price), size: formatSize(instrument, size) }] : [],
    );
    return {
      reason: this.#reason || (stepped?.reason ?? 'starting'),
      quotes,
      signals: { ...stepped?.signals },
      position: this.#fills.position(symbol) ?? '0',
      takeProfits: exits?.takeProfits ?? 0,
      stopLosses: exits?.stopLosses ?? 0,
    };
  }
}

function settingsOf<S>({
  config,
  symbol,
  chosen,
}: {
  readonly config: Config;
  readonly symbol: string;
  readonly chosen: Chosen<S>;
}): Settings<S> {
  const { strategy, toleranceBps } = chosen;
  const { commandTtlMs: ttlMs, maxSnapshotAgeMs: maxAgeMs } = config.brain;
  return {
    strategy,
    exits: config.exits,
    limits: limitsOf(config, symbol),
    oms: omsRules(config.brain.oms, toleranceBps),
    ttlMs,
    maxAgeMs,
  };
}

const dataOf = (answer: Answer | null): unknown => (answer?.type === 'data' ? answer.data : null);
