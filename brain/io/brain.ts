/**
 * A running brain: documents in, one pure turn over all symbols and runs, commands out, the decision written for people. Holds no keys and
 * no rules.
 */
import { type Answer, PositionsAnswer, type Refused, type Taken, type Welcome } from '../../shared/command.ts';
import { configHash } from '../../shared/config.ts';
import { parseClientId } from '../../shared/client-id.ts';
import type { Loaded } from '../../shared/config-file.ts';
import type { Result } from '../../shared/result.ts';
import type { GatewayClient, Request } from '../../shared/io/gateway-client.ts';
import type { BrainDoc } from '../../shared/brain-doc.ts';
import { keysOf, type Stamp } from '../../shared/snapshot.ts';
import type { MonoMs } from '../../shared/units.ts';
import { pnlDocs, runDocs, symbolDocs, type Told, unassignedDocs } from '../brain-doc.ts';
import { ClientIds } from '../oms/ids.ts';
import { answered } from '../oms/notes.ts';
import { isLeased } from '../oms/leased.ts';
import { isSteered, type Pending } from '../oms/working.ts';
import { feesOwed } from '../portfolio/portfolio.ts';
import { carriedOver } from '../carry-over.ts';
import { ordersMoved } from '../config-preview.ts';
import { failedRuns } from '../decide.ts';
import { riskDoc } from '../risk-doc.ts';
import { DeedsBook } from '../risk/deeds.ts';
import type { Reading } from '../risk/watch.ts';
import { readsOf } from '../runs.ts';
import { settingsOf } from '../settings.ts';
import { settle } from '../settle.ts';
import { takes } from '../taker.ts';
import { type BrainState, initialState, type Settings, step, type Stepped, type SymbolStep, withSettings } from '../step.ts';
import { type Documents, headerReason, type Identity } from '../view.ts';
import { type Readiness, readiness } from '../readiness.ts';
import { BrainMeters } from './brain-meters.ts';
import type { BrainOptions } from './brain-options.ts';
import { type Farewell, Leaving } from './farewell.ts';
import { FillReader } from './fill-reader.ts';
import { dataOf, GatewayLink } from './gateway-link.ts';
import { Memory } from './memory.ts';
import { OutcomeLog } from './outcome-log.ts';
import { Paced } from './paced.ts';
import { Reload } from './reload.ts';
import { RiskDesk } from './risk-desk.ts';
import { Sender } from './sender.ts';
import { SnapshotPoller } from './snapshot-poller.ts';

const DOC_TTL_MS = 60_000;
const DOC_APART_MS = 50; // pushes come more often
const FEES_MS = 1_000;
/** Above this many runs and symbols the document, which is written with each turn, tells less of each. */
const FEW_ROWS = 20;

export class Brain implements AsyncDisposable {
  readonly #options: BrainOptions;
  #settings: Settings;
  readonly #reload: Reload;
  readonly #memory: Memory;
  readonly #fills: FillReader;
  readonly #poller: SnapshotPoller;
  readonly #link: GatewayLink;
  readonly #sender: Sender;
  readonly #deeds = new DeedsBook();
  readonly #risk: RiskDesk;
  readonly #outcomes: OutcomeLog;
  readonly #meters: BrainMeters;
  readonly #leaving: Leaving;
  readonly #docPace: Paced;
  #state: BrainState;
  #steps: ReadonlyMap<string, SymbolStep> = new Map();
  #identity: Identity | null = null;
  #ids: ClientIds | null = null;
  #brainEpoch = 0;
  /** The first snapshot that was made under our lease. */
  #leasedFrom: Stamp | null = null;
  #decisions = 0;
  #processed: Stamp | null = null;
  #documents: Documents | null = null;
  #readings: readonly Reading[] = [];
  #reason = 'starting';
  #stopping = false;
  /** A connection that is not yet the link's. */
  #greeting: GatewayClient | null = null;
  #feesAskedAt: MonoMs;

  constructor(options: BrainOptions) {
    const { config, runs, redis, clock, log, metrics, store } = options;
    this.#options = options;
    this.#settings = settingsOf(config, runs);
    this.#memory = new Memory({ store, clock, log });
    this.#reload = new Reload({
      ...{ config, runs, prepare: options.prepare, store, log, wallMs: () => clock.wallMs() },
      preview: (settings) => this.#preview(settings),
      ask: async () => dataOf(await (this.#greeting ?? this.#link).request({ type: 'query', what: 'config' })),
    });
    this.#state = initialState(this.#settings, this.#memory.remembered());
    this.#feesAskedAt = clock.monoMs();
    this.#outcomes = new OutcomeLog({ log, metrics });
    this.#meters = this.#openMeters();
    const reads = readsOf(runs, options.shadows?.runs);
    const keys = keysOf(config.redis.prefix);
    this.#docPace = new Paced({ clock, apartMs: DOC_APART_MS, run: () => void this.#writeDoc() });
    this.#poller = new SnapshotPoller({ redis, keys, symbols: config.symbols, ...reads, clock, log, onDocuments: this.#take });
    redis.on('ready', () => this.#poller.rewind());
    this.#link = this.#openLink();
    this.#fills = new FillReader({
      ask: async (range) => dataOf(await this.#link.request({ type: 'query', what: 'fills', ...range })),
      log,
    });
    this.#sender = new Sender({
      ...{ clock, log, ttlMs: config.brain.commandTtlMs, windowMs: config.brain.oms.batchWindowMs },
      request: (request) => this.#link.request(request),
      onSettled: (pending, answer, sent) => this.#settle(pending, { answer, sent }),
      onTold: ({ symbol, ...told }) => {
        this.#options.onHeard?.({ kind: 'told', symbol, ...told });
        this.#update(symbol, (state) => ({ ...state, oms: answered(state.oms, told) }));
      },
    });
    const request = (asked: Request): Promise<Answer | null> => this.#link.request(asked);
    this.#risk = new RiskDesk({ clock, log, metrics, request, symbols: config.symbols, ofSymbols: config.symbols.length <= FEW_ROWS });
    this.#leaving = new Leaving({
      link: this.#link,
      fillSeq: () => this.#fills.fillSeq,
      readFills: (upTo) => this.#fills.catchUp(() => upTo),
    });
    this.#poller.start({ pollMs: config.brain.pollMs, snapshotMs: config.snapshot.intervalMs });
  }

  /** Coded reasons why it does not trade; none when it does. */
  problems(): readonly string[] {
    const { store } = this.#options;
    return [
      ...(store.fault === null ? [] : ['store-unreadable']),
      ...(this.#link.connected ? [] : ['no-gateway']),
      ...(this.#reason === '' ? [] : [this.#reason]),
      ...this.#outcomes.failed.map((run) => `strategy-failed:${run}`),
    ];
  }

  ready(): Readiness {
    const { maxSnapshotAgeMs: maxAgeMs } = this.#options.config.brain;
    return readiness({ problems: this.problems(), leased: this.#isLeased(), snapshotAgeMs: this.#snapshotAgeMs(), maxAgeMs });
  }

  /** From this instant nothing new is opened; resolves when every quote is gone and every fill read, or cannot be proved to be. */
  async stop(): Promise<Farewell> {
    this.#stopping = true;
    this.#sender.dropAll();
    const farewell = await this.#leaving.leave();
    this.#remember(this.#documents?.header.wallMs ?? null, true);
    await this.#writeDoc();
    return farewell;
  }

  /** The file of the configuration was read again. */
  edit(loaded: Result<Loaded, readonly string[]>): Promise<void> {
    return this.#reload.edit(loaded);
  }

  /** Asked to stop again. */
  hurry(): void {
    this.#leaving.hurry();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#poller.stop();
    this.#docPace[Symbol.dispose]();
    await this.#link[Symbol.asyncDispose]();
  }

  #openMeters(): BrainMeters {
    return new BrainMeters(this.#options.metrics, {
      state: () => this.#state,
      problems: () => this.problems(),
      connected: () => this.#link.connected,
      leased: () => this.#isLeased(),
      snapshotAgeMs: () => this.#snapshotAgeMs(),
      runs: () => this.#settings.runs.map(({ id }) => id),
      poller: () => this.#poller,
    });
  }

  #isLeased(): boolean {
    return this.#ids !== null && this.#link.connected && this.#documents?.header.brainEpoch === this.#brainEpoch;
  }

  #snapshotAgeMs(): number | null {
    return this.#documents === null ? null : this.#options.clock.monoMs() - this.#documents.seenAt;
  }

  #openLink(): GatewayLink {
    const { config, socketPath: path, clock, random, log, onFatal } = this.#options;
    return new GatewayLink({
      ...{ path, clock, random, log, onFatal },
      environment: config.environment,
      configHash: configHash(config),
      leaseMs: config.gateway.leaseMs,
      push: config.brain.feed === 'push',
      onPushed: (pushed) => this.#poller.takePush(pushed),
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
    this.#poller.follow(welcome.epoch);
    this.#ids = new ClientIds(welcome.brainEpoch);
    this.#leasedFrom = { epoch: welcome.epoch, seq: client.visibleFrom };
    this.#reason = 'no-snapshot'; // until the first one under this lease
    this.#greeting = client;
    await this.#reload.begin();
    this.#greeting = null;
    const answer = PositionsAnswer.safeParse(dataOf(await client.request({ type: 'query', what: 'positions' })));
    if (answer.success) this.#fills.begin(answer.data, this.#state.portfolio.seq);
    else this.#options.log.error('Gateway did not tell the positions');
  }

  readonly #take = (documents: Documents): void => {
    const { header } = documents;
    this.#documents = documents;
    this.#fills.add(documents.fills);
    if (this.#fills.isBehind(header.fillSeq)) void this.#fills.catchUp(() => this.#documents?.header.fillSeq ?? 0);
    if (!this.#identity || this.#isFromBefore(header)) return;
    const { config, clock } = this.#options;
    this.#reload.seen(header.limitsHash);
    const reason = headerReason(documents, { identity: this.#identity, now: clock.monoMs(), maxAgeMs: config.brain.maxSnapshotAgeMs });
    this.#reason = reason ?? '';
    if (reason === null) this.#turn(documents);
    this.#docPace.ask();
  };

  /** Of this run of the gateway, and made before it granted our lease: what it shows is about to change. */
  #isFromBefore({ epoch, seq }: Stamp): boolean {
    return this.#leasedFrom !== null && epoch === this.#leasedFrom.epoch && seq < this.#leasedFrom.seq;
  }

  #turn(documents: Documents): void {
    const { clock, store, log } = this.#options;
    const { header } = documents;
    const next = this.#reload.take();
    if (next) [this.#state, this.#settings] = [this.#under(next.settings), next.settings];
    if (next) this.#options.onHeard?.({ kind: 'config', config: next.config, nowMs: clock.wallMs() });
    if (next) this.#poller.read(readsOf(next.settings.runs, this.#options.shadows?.runs));
    const leased = this.#isLeased();
    const now = clock.monoMs();
    const fills = this.#fills.take(header.fillSeq);
    const turn = {
      ...{ documents, now, nowMs: clock.wallMs(), fills, fees: this.#fills.takeFees() },
      deeds: this.#deeds.take({ ...documents, fills }, now), // each once: the stream is read again after a break
      nextId: (role: Parameters<ClientIds['next']>[0]): string | null => this.#ids?.next(role) ?? null,
      mayTrade: leased && store.fault === null && !this.#stopping,
    };
    const begunAt = performance.now();
    const stepped = step(this.#state, { settings: this.#settings, turn });
    this.#meters.turned(performance.now() - begunAt);
    this.#state = stepped.state;
    this.#steps = new Map(stepped.symbols.map((one) => [one.symbol, one]));
    for (const [symbol, { exits }] of Object.entries(stepped.state.symbols)) store.save(symbol, exits);
    if (stepped.risk.events.length > 0) this.#memory.saveRisk(stepped.state);
    this.#readings = stepped.risk.readings;
    this.#risk.take(stepped.state.risk, stepped.risk);
    if (stepped.crossed) this.#memory.saveShares(stepped.state); // no fill tells of a book entry
    if (stepped.symbols.some(takes)) this.#remember(header.wallMs, true); // so that it is not taken again after a restart
    this.#send(stepped, { documents, now });
    this.#processed = { epoch: header.epoch, seq: header.seq };
    if (this.#decisions++ === 0) this.#options.onReady();
    this.#tellStart(documents);
    this.#outcomes.note(stepped, { atMs: header.wallMs, failed: failedRuns(this.#settings.runs, stepped.state.seats) });
    this.#remember(header.wallMs, false);
    this.#askFees(now);
    this.#options.shadows?.take({ documents, now, nowMs: turn.nowMs, fills: turn.fills, ...stepped });
    this.#options.onTurn?.(turn, stepped);
    if (log.isLevelEnabled('trace'))
      log.trace({ seq: header.seq, commands: stepped.symbols.map(({ symbol, commands }) => [symbol, commands.length]) }, 'Turn taken');
  }

  /** The state as it goes on under other settings. */
  #under(settings: Settings): BrainState {
    const nowMs = this.#options.clock.wallMs();
    return withSettings(this.#state, { settings, ...carriedOver({ before: this.#settings.runs, seats: this.#state.seats, nowMs }) });
  }

  #preview(settings: Settings): readonly string[] {
    const { clock } = this.#options;
    const [documents, now, nowMs] = [this.#documents, clock.monoMs(), clock.wallMs()];
    return documents === null ? [] : ordersMoved(this.#under(settings), { settings, documents, now, nowMs });
  }

  /** The hard exits have looked at a snapshot; and then, a quote of ours rests in one. */
  #tellStart({ header, symbols }: Documents): void {
    const { times } = this.#options;
    times.reach('protected');
    if (times.ms.quoting !== null || header.brainEpoch !== this.#brainEpoch) return;
    const orders = Object.values(symbols).flatMap((docs) => docs.orders?.orders ?? []);
    const rests = (status: string): boolean => status === 'open' || status === 'partially-filled';
    if (orders.some(({ clientId, role, status }) => isSteered(role) && isLeased(clientId, header) && rests(status))) times.reach('quoting');
  }

  #remember(atMs: number | null, now: boolean): void {
    this.#memory.save(this.#state, { runs: this.#settings.runs, atMs, now });
  }

  #send({ symbols }: Stepped, { documents, now }: { readonly documents: Documents; readonly now: MonoMs }): void {
    const leaving: Pending[] = [];
    for (const { symbol, commands, close, ask } of symbols) {
      const sent = commands.map(
        (command): Pending => ({
          command,
          role: parseClientId(command.clientId)?.role ?? '',
          sentAt: now,
          visibleFrom: null,
          lease: this.#brainEpoch,
        }),
      );
      this.#update(symbol, ({ pending, ...rest }) => ({ ...rest, pending: [...pending, ...sent] }));
      for (const { command } of sent) {
        this.#meters.sent(command.kind);
        this.#deeds.sent(command);
      }
      leaving.push(...sent);
      for (const clientId of ask) void this.#sender.ask(symbol, { clientId, documents: () => this.#documents ?? documents });
      if (close !== null) void this.#sender.close(symbol, close);
    }
    this.#sender.send(leaving, documents);
  }

  /** Taken: pending until a snapshot shows it. Refused: it never was. No answer: it stays, until it can no longer be. */
  #settle(pending: Pending, { answer, sent }: { readonly answer: Taken | Refused | null; readonly sent: boolean }): void {
    if (answer?.type === 'refused' && sent) this.#meters.refused(answer.code);
    this.#count(pending, { answer, sent });
    if (answer === null) return;
    const settled = { answer, sent, now: this.#options.clock.monoMs() };
    const { symbol, clientId, kind: what } = pending.command;
    this.#options.onHeard?.({ kind: 'settled', symbol, what, clientId, settled });
    this.#update(symbol, (state) => settle(state, pending, settled));
  }

  #count(pending: Pending, { answer, sent }: { readonly answer: Taken | Refused | null; readonly sent: boolean }): void {
    if (answer === null) this.#deeds.unanswered();
    else if (answer.type === 'taken') this.#deeds.taken(pending, answer.seq);
    else if (sent) this.#deeds.refused(answer.code);
  }

  #update(symbol: string, change: (state: BrainState['symbols'][string]) => BrainState['symbols'][string]): void {
    const before = this.#state.symbols[symbol];
    if (before) this.#state = { ...this.#state, symbols: { ...this.#state.symbols, [symbol]: change(before) } };
  }

  /** Those of fills that were told without. */
  #askFees(now: MonoMs): void {
    if (now - this.#feesAskedAt < FEES_MS) return;
    this.#feesAskedAt = now;
    void this.#fills.askFees(feesOwed(this.#state.portfolio));
  }

  async #writeDoc(): Promise<void> {
    const { redis, config, clock } = this.#options;
    if (redis.status !== 'ready' || !this.#processed || !this.#documents) return;
    const told: Told = {
      ...{ runs: this.#settings.runs, state: this.#state, documents: this.#documents, steps: this.#steps, why: this.#outcomes.why },
      whyMost: this.#settings.runs.reduce((rows, { symbols }) => rows + symbols.length, 0) > FEW_ROWS ? 3 : 12,
      reason: this.#reason,
      position: (symbol) => this.#fills.position(symbol),
    };
    const shadow = [...(this.#options.shadows?.docs() ?? [])];
    const pnl = pnlDocs(told);
    this.#meters.tellPnl(pnl);
    const document: BrainDoc = {
      brainEpoch: this.#brainEpoch,
      processed: this.#processed,
      wallMs: clock.wallMs(),
      strategy: [...new Set(this.#settings.runs.map(({ id }) => id))].join(','),
      decisions: this.#decisions,
      fillSeq: this.#fills.fillSeq ?? 0,
      symbols: symbolDocs(config.symbols, told),
      risk: riskDoc({
        ...{ risk: this.#state.risk, readings: this.#readings, parameters: this.#settings.risk },
        problems: this.problems(),
      }),
      runs: [...runDocs(told)],
      unassigned: unassignedDocs(config.symbols, told),
      config: this.#reload.doc,
      pnl,
      ...(shadow.length > 0 && { shadow }),
    };
    await redis
      .set(keysOf(config.redis.prefix).brain, JSON.stringify(document), 'PX', DOC_TTL_MS)
      .then(() => this.#poller.watch.answered('write decision'))
      .catch((error: Error) => this.#poller.watch.failed('write decision', error));
  }
}
