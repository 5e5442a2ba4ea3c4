/**
 * The paper venue: live public data of a real venue through its adapter, an account and matching of our own, kept on disk. Whatever it
 * answers or tells is durable before it leaves; requests, answers and events take as long on their ways as the configuration says.
 */
import type { Clock, Timer } from '../../../../shared/clock.ts';
import type { Config } from '../../../../shared/config.ts';
import type { Log } from '../../../../shared/log.ts';
import type { Random } from '../../../../shared/random.ts';
import { err, ok, type Result } from '../../../../shared/result.ts';
import { Exchange } from '../../../../shared/sim/exchange.ts';
import type { UserEvent } from '../../../../shared/sim/exchange-events.ts';
import { LATENCY_FORMS, type Latency, Line, parseLatency } from '../../../../shared/sim/latency.ts';
import { StateProblem } from '../../../../shared/sim/io/state-file.ts';
import { StateJournal } from '../../../../shared/sim/io/state-journal.ts';
import { type WallMs, wallMs } from '../../../../shared/units.ts';
import type { OnWritten, StreamHealth, Venue, VenueEvents, VenueFault } from '../../venue.ts';
import { PaperMarket, type PaperMoment } from '../market.ts';
import { PaperOrders } from '../orders.ts';
import { eventsOf } from '../reports.ts';
import { accountOf, funded, identityOf, PAPER_ACCOUNT, stepsDiffer, takenUp } from '../state.ts';

export type PaperOptions = {
  readonly config: Config;
  /** Only its public side is used, and it is disposed with this. */
  readonly source: Venue;
  /** File of the account, made when it is not there. */
  readonly statePath: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

/** Marks come every second and books ten times as often. */
const LOOK_MS = 50;
const COMMIT_MS = 1_000;
const PRUNE_MS = 3_600_000;

type Ways = { readonly there: Line; readonly back: Line; readonly events: Line };
type More = { readonly markets: Readonly<Record<string, PaperMoment>> };

/** Takes up the account where it was left, or makes it. A file or a setting that cannot be used is `rejected`. */
export function openPaper(options: PaperOptions): Result<Venue, VenueFault> {
  const ways = waysOf(options);
  if (typeof ways === 'string') return err({ kind: 'rejected', reason: 'config', sentence: ways });
  try {
    const identity = identityOf(options.source.instruments.values());
    return ok(new PaperVenue(options, ways, new StateJournal(options.statePath, identity, stepsDiffer)));
  } catch (problem) {
    if (!(problem instanceof StateProblem)) throw problem;
    return err({ kind: 'rejected', reason: 'state', sentence: `paper account ${options.statePath}: ${problem.message}` });
  }
}

function waysOf({ config, random }: PaperOptions): Ways | string {
  const { orderLatency, eventLatency } = config.paper;
  const [order, event] = [parseLatency(orderLatency), parseLatency(eventLatency)];
  if (!order || !event) return `paper.${order ? 'eventLatency' : 'orderLatency'}: allowed is ${LATENCY_FORMS}`;
  const line = (latency: Latency, name: string): Line => new Line({ latency, random: random.fork(`paper ${name}`) });
  return { there: line(order, 'there'), back: line(order, 'back'), events: line(event, 'events') };
}

class PaperVenue implements Venue {
  readonly name: string;
  readonly instruments: Venue['instruments'];
  readonly orders: PaperOrders;
  readonly stops: PaperOrders;
  readonly market: Venue['market'];
  readonly #options: PaperOptions;
  readonly #ways: Ways;
  readonly #journal: StateJournal;
  readonly #exchange: Exchange;
  readonly #markets = new Map<string, PaperMarket>();
  #told: UserEvent[] = [];
  #events: VenueEvents | null = null;
  #timers: readonly Timer[] = [];
  #disposed = false;

  constructor(options: PaperOptions, ways: Ways, journal: StateJournal) {
    const { source } = options;
    this.#options = { ...options, log: options.log.child({ room: 'venue' }) };
    this.#ways = ways;
    this.#journal = journal;
    this.name = source.name;
    this.instruments = source.instruments;
    this.market = source.market;
    this.#exchange = this.#open(options);
    const nowMs = source.nowMs();
    journal.begin(this.#exchange, { originMs: nowMs, originRealMs: nowMs, speed: 1 }, () => this.#more());
    const parts = { exchange: this.#exchange, markets: this.#markets, instruments: this.instruments };
    const act = <T>(run: () => T, onWritten?: OnWritten): Promise<T> => this.#act(run, onWritten);
    this.orders = new PaperOrders({ ...parts, trader: this.#exchange.trader(PAPER_ACCOUNT), act });
    this.stops = this.orders;
  }

  accountHealth(): StreamHealth {
    return this.#events ? { state: 'live', ageMs: 0 } : { state: 'connecting', ageMs: null };
  }

  nowMs(): WallMs {
    return this.#options.source.nowMs();
  }

  async start(events: VenueEvents): Promise<void> {
    const { source, clock } = this.#options;
    await source.start({
      onBookLive: events.onBookLive,
      onTop: (symbol) => {
        this.#step(() => this.#markets.get(symbol)?.look());
        events.onTop?.(symbol);
      },
      onTrade: (trade) => {
        this.#step(() => this.#markets.get(trade.symbol)?.onTrade(trade));
        events.onTrade(trade);
      },
      onAccount: () => undefined,
      onTradesMissed: (symbol) => events.onTradesMissed?.(symbol),
    });
    this.#events = events;
    events.onAccount({ kind: 'stream', state: 'live', reason: '' });
    const look = (): void => {
      this.#step(() => {
        for (const market of this.#markets.values()) market.look();
      });
    };
    this.#timers = [
      clock.every(LOOK_MS, look),
      clock.every(COMMIT_MS, () => this.#journal.commit()),
      clock.every(PRUNE_MS, () => this.#journal.prune()),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const timer of this.#timers) timer.cancel();
    await this.#options.source[Symbol.asyncDispose]();
    this.#journal.commit();
    this.#journal[Symbol.dispose]();
  }

  #open({ config, source, random }: PaperOptions): Exchange {
    const earlier = this.#journal.earlier;
    const symbols = new Set(this.instruments.keys());
    const saved = earlier && takenUp(earlier.saved, symbols);
    const moments = (earlier?.moment.more as More | undefined)?.markets ?? {};
    const exchange = new Exchange({
      startMs: Math.max(source.nowMs(), Math.ceil(earlier?.moment.nowMs ?? 0)),
      random: random.fork('paper exchange'),
      markets: [...this.instruments.values()].map((instrument) => ({
        kind: 'own',
        open: (surroundings) => {
          const { symbol } = instrument;
          const market = new PaperMarket({
            ...surroundings,
            ...{ instrument, view: source.market, queueModel: config.paper.queueModel },
            ...{ moment: moments[symbol] ?? null, lastTradeId: saved?.ids.markets[symbol]?.trade ?? 0 },
          });
          this.#markets.set(symbol, market);
          return market;
        },
      })),
      accounts: [accountOf(config)],
      onMarket: () => undefined,
      onUser: (event) => this.#told.push(event),
      journal: this.#journal,
      saved,
    });
    if (!earlier) this.#options.log.info({ balances: config.paper.balances, file: this.#options.statePath }, 'Paper account opened');
    else for (const asset of funded(config)) this.#fund(exchange, asset);
    return exchange;
  }

  /** An asset that the configuration names only now. */
  #fund(exchange: Exchange, { asset, amount }: ReturnType<typeof funded>[number]): void {
    const trader = exchange.trader(PAPER_ACCOUNT);
    if (trader.account.wallets().some((wallet) => wallet.asset === asset)) return;
    exchange.transfer(trader, asset, amount);
  }

  async #act<T>(run: () => T, onWritten?: OnWritten): Promise<T> {
    const { clock } = this.#options;
    onWritten?.(clock.monoMs());
    await this.#travel(this.#ways.there);
    if (this.#disposed) throw new Error('Cannot reach the paper exchange: it is closed');
    const value = this.#step(run, { commit: true });
    await this.#travel(this.#ways.back);
    return value;
  }

  /** Brings the exchange to the present, lets one thing happen there, makes it durable, and then lets the world know. */
  #step<T>(run: () => T, { commit }: { readonly commit: boolean } = { commit: false }): T {
    this.#exchange.advance(this.nowMs());
    const value = run();
    this.#exchange.advance(this.nowMs()); // what became due by it, such as the order of a stop
    if (commit || this.#told.length > 0) this.#journal.commit();
    const told = this.#told;
    this.#told = [];
    if (told.length > 0) this.#tell(told);
    return value;
  }

  #tell(told: readonly UserEvent[]): void {
    const events = told.flatMap((event) => eventsOf(event, this.instruments));
    const { clock, log } = this.#options;
    for (const event of told) if (event.kind === 'margin-call') log.warn({ at: wallMs(Math.floor(event.atMs)) }, 'Margin call');
    const deliver = (): void => {
      if (!this.#disposed) for (const event of events) this.#events?.onAccount(event);
    };
    const nowMs = clock.monoMs();
    const delayMs = this.#ways.events.arriveMs(nowMs) - nowMs;
    if (delayMs > 0) clock.after(delayMs, deliver);
    else deliver();
  }

  async #travel(way: Line): Promise<void> {
    const { clock } = this.#options;
    const nowMs = clock.monoMs();
    const delayMs = way.arriveMs(nowMs) - nowMs;
    if (delayMs > 0) await clock.sleep(delayMs);
  }

  #more(): More {
    const moments = [...this.#markets].flatMap(([symbol, { moment }]) => (moment ? [[symbol, moment] as const] : []));
    return { markets: Object.fromEntries(moments) };
  }
}
