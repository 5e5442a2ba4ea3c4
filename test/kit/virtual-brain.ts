/** One life of the brain on a virtual clock: real reader of documents, step, sender and store; what a socket would carry is a call. */
import { Redis } from 'ioredis';
import { BrainStore } from '../../brain/io/brain-store.ts';
import { FillReader } from '../../brain/io/fill-reader.ts';
import { Memory } from '../../brain/io/memory.ts';
import { Sender } from '../../brain/io/sender.ts';
import { SnapshotPoller } from '../../brain/io/snapshot-poller.ts';
import { ClientIds } from '../../brain/oms/ids.ts';
import { answered, forget } from '../../brain/oms/notes.ts';
import type { Pending } from '../../brain/oms/working.ts';
import { DeedsBook } from '../../brain/risk/deeds.ts';
import { feesOwed } from '../../brain/portfolio/portfolio.ts';
import { type Run, readsOf } from '../../brain/runs.ts';
import { settingsOf } from '../../brain/settings.ts';
import { type BrainState, initialState, type Settings, step, type SymbolStep } from '../../brain/step.ts';
import { type Documents, headerReason, type Identity } from '../../brain/view.ts';
import type { Client } from '../../gateway/orders/desk.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import { type Answer, PositionsAnswer, type Pushed } from '../../shared/command.ts';
import { type Config, configHash } from '../../shared/config.ts';
import { parseClientId } from '../../shared/client-id.ts';
import type { Request } from '../../shared/io/gateway-client.ts';
import { rootLog } from '../../shared/log.ts';
import { keysOf, type Stamp } from '../../shared/snapshot.ts';
import type { VirtualGateway } from './virtual-gateway.ts';

/** `state`: of the watched symbol, after the turn. */
export type Took = { readonly documents: Documents; readonly state: BrainState['symbols'][string]; readonly stepped: SymbolStep };
export type VirtualBrainOptions = {
  readonly config: Config;
  /** The one whose turns are told. */
  readonly symbol: string;
  readonly runs: readonly Run[];
  readonly clock: Clock;
  readonly storeFile: string;
  /** After each turn: what it saw, and what it made of it. */
  readonly onTurn: (took: Took) => void;
};
type Link = { readonly gateway: VirtualGateway; readonly client: Client; readonly ids: ClientIds; readonly identity: Identity };

const BEATS_PER_LEASE = 4;
const FEES_MS = 1_000;

export class VirtualBrain implements Disposable {
  readonly #options: VirtualBrainOptions;
  readonly #settings: Settings;
  readonly #store: BrainStore;
  readonly #memory: Memory;
  readonly #redis = new Redis({ lazyConnect: true }); // never connected: documents are pushed
  readonly #reader: SnapshotPoller;
  readonly #fills: FillReader;
  readonly #sender: Sender;
  readonly #deeds = new DeedsBook();
  #state: BrainState;
  #link: Link | null = null;
  #processed: Stamp | null = null;
  #newest: Documents | null = null;
  #timers: readonly Timer[] = [];

  constructor(options: VirtualBrainOptions) {
    const { config, runs, clock, storeFile } = options;
    const log = rootLog({ process: 'brain', level: 'fatal' });
    this.#options = options;
    this.#settings = settingsOf(config, runs);
    this.#store = new BrainStore(storeFile);
    this.#memory = new Memory({ store: this.#store, clock, log });
    this.#state = initialState(this.#settings, this.#memory.remembered());
    this.#reader = new SnapshotPoller({
      ...{ redis: this.#redis, keys: keysOf(config.redis.prefix), symbols: config.symbols, ...readsOf(runs), clock, log },
      onDocuments: (documents) => this.#turn(documents),
    });
    const request = (request: Request): Promise<Answer | null> => Promise.resolve(this.#ask(request));
    this.#fills = new FillReader({ ask: async (range) => dataOf(await request({ type: 'query', what: 'fills', ...range })), log });
    this.#sender = new Sender({
      ...{ clock, log, request, ttlMs: config.brain.commandTtlMs, windowMs: config.brain.oms.batchWindowMs },
      onSettled: (pending, answer, sent) => {
        if (answer) this.#settle(pending, answer.type === 'taken' ? answer.seq : null);
        if (answer?.type === 'refused' && sent && pending.command.kind === 'place') this.#forget(pending.command);
      },
      onTold: ({ symbol: of, ...told }) => this.#update(of, (state) => ({ ...state, oms: answered(state.oms, told) })),
    });
  }

  /** Hello, and heartbeats from then on. */
  connect(gateway: VirtualGateway): void {
    const { clock, config } = this.#options;
    const { environment, accountHash, epoch } = gateway.core.identity;
    const client = gateway.hello('brain');
    const identity = { environment, accountHash, epoch, configHash: configHash(config) };
    this.#link = { gateway, client, identity, ids: new ClientIds(client.epoch) };
    const positions = PositionsAnswer.safeParse(dataOf(this.#ask({ type: 'query', what: 'positions' })));
    if (positions.success) this.#fills.begin(positions.data, this.#state.portfolio.seq);
    this.#timers = [
      clock.every(config.gateway.leaseMs / BEATS_PER_LEASE, () => void this.#ask({ type: 'heartbeat', processed: this.#processed })),
      clock.every(FEES_MS, () => void this.#fills.askFees(feesOwed(this.#state.portfolio))),
    ];
  }

  /** The gateway is gone. */
  disconnect(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
    this.#link = null;
    this.#processed = null;
  }

  /** After the last turn. */
  get state(): BrainState {
    return this.#state;
  }

  /** A snapshot that has come. */
  take(pushed: Pushed): void {
    if (this.#link) this.#reader.takePush([pushed]);
  }

  /** As a kill would: nothing is said, nothing is stored. */
  [Symbol.dispose](): void {
    const link = this.#link;
    this.disconnect();
    this.#sender.dropAll();
    link?.gateway.closed(link.client);
    this.#store[Symbol.dispose]();
    this.#redis.disconnect();
  }

  #ask(request: Request): Answer | null {
    const link = this.#link;
    return link ? link.gateway.send(link.client, { id: 1, ...request }) : null;
  }

  #turn(documents: Documents): void {
    const { clock, config, symbol, onTurn } = this.#options;
    const link = this.#link;
    const { header } = documents;
    this.#newest = documents;
    this.#fills.add(documents.fills);
    if (this.#fills.isBehind(header.fillSeq)) void this.#fills.catchUp(() => this.#newest?.header.fillSeq ?? 0);
    if (!link) return;
    const now = clock.monoMs();
    if (headerReason(documents, { identity: link.identity, now, maxAgeMs: config.brain.maxSnapshotAgeMs }) !== null) return;
    const turn = {
      ...{ documents, now, nowMs: clock.wallMs(), fills: this.#fills.take(header.fillSeq), fees: this.#fills.takeFees() },
      deeds: this.#deeds.take(documents, now),
      nextId: (role: Parameters<ClientIds['next']>[0]) => link.ids.next(role),
      mayTrade: header.brainEpoch === link.client.epoch && this.#store.fault === null,
    };
    const { state, symbols, crossed, risk } = step(this.#state, { settings: this.#settings, turn });
    this.#state = state;
    for (const [each, { exits }] of Object.entries(state.symbols)) this.#store.save(each, exits);
    if (risk.events.length > 0) this.#memory.saveRisk(state);
    if (crossed) this.#memory.saveShares(state);
    const [stepped, after] = [symbols.find((one) => one.symbol === symbol), state.symbols[symbol]];
    if (!stepped || !after) throw new Error(`Cannot take a turn: ${symbol} was not looked at`);
    onTurn({ documents, state: after, stepped }); // whoever kills us here does it after the disk and before the socket
    if (this.#link !== link) return;
    for (const one of symbols) this.#send(one, documents);
    this.#processed = { epoch: header.epoch, seq: header.seq };
    this.#memory.save(this.#state, { runs: this.#settings.runs, atMs: header.wallMs, now: false });
  }

  #send({ symbol, commands, close, ask }: SymbolStep, documents: Documents): void {
    const sentAt = this.#options.clock.monoMs();
    const sent = commands.map(
      (command): Pending => ({ command, role: parseClientId(command.clientId)?.role ?? '', sentAt, visibleFrom: null }),
    );
    this.#update(symbol, (state) => ({ ...state, pending: [...state.pending, ...sent] }));
    for (const clientId of ask) void this.#sender.ask(symbol, { clientId, documents: () => this.#newest ?? documents });
    if (close !== null) void this.#sender.close(symbol, close);
    this.#sender.send(sent, documents);
  }

  /** `visibleFrom` null: refused, so it never was. */
  #settle(pending: Pending, visibleFrom: number | null): void {
    this.#update(pending.command.symbol, (state) => {
      const others = state.pending.filter((one) => one !== pending);
      return { ...state, pending: visibleFrom === null ? others : [...others, { ...pending, visibleFrom }] };
    });
  }

  #forget({ symbol, clientId }: Pick<Pending['command'], 'symbol' | 'clientId'>): void {
    this.#update(symbol, (state) => ({ ...state, oms: forget(state.oms, clientId) }));
  }

  #update(symbol: string, change: (state: BrainState['symbols'][string]) => BrainState['symbols'][string]): void {
    const before = this.#state.symbols[symbol];
    if (before) this.#state = { ...this.#state, symbols: { ...this.#state.symbols, [symbol]: change(before) } };
  }
}

const dataOf = (answer: Answer | null): unknown => (answer?.type === 'data' ? answer.data : null);
