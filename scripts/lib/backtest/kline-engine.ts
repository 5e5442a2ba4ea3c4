/**
 * A backtest on K-lines, bar by bar, without sockets or waiting: the brain's own strategies and hard exits, the gateway's guard, and the
 * account, fees, margin, funding and liquidation of the simulated exchange. The order of things within one bar:
 * 1. Open: funding due at this moment is exchanged on what is held. Orders decided on at the close before reach the venue and are filled at
 *    the open, a taker's cost beside it. Hard exits are judged there (a gap is not traded through), and runs that are on their way to a
 *    position go on.
 * 2. The ends of the bar in the order of the intrabar rule, and its close. Between two of these points the price passes every tick, so a
 *    hard exit is done at the tick where it fires, and a liquidation where the venue would do it; whichever comes first.
 * 3. Close: only now does the bar exist for a strategy. What it decides leaves then, and is item 1 of the next bar.
 * So nothing can look ahead: a bar is handed to this engine one at a time, and to a strategy only when it has closed.
 */
import { settingsOf } from '../../../brain/settings.ts';
import type { Settings } from '../../../brain/step.ts';
import { newRow } from '../../../gateway/account/statement.ts';
import { exitsOf } from '../../../shared/exit-parameters.ts';
import type { OrderRequest } from '../../../gateway/venues/venue.ts';
import type { PlaceCommand } from '../../../brain/oms/working.ts';
import type { UserEvent } from '../../../shared/sim/exchange-events.ts';
import { monoMs, type Ticks, wallMs, ZERO_ATOMS } from '../../../shared/units.ts';
import { BarAccounts } from './bar-accounts.ts';
import { BarBrain, type Sent } from './bar-brain.ts';
import type { FileBar } from './bar-file.ts';
import { barBookOf } from './bar-book.ts';
import { endsOf, firstOn } from './bar-path.ts';
import type { BarSymbol } from './bar-symbol.ts';
import { guarded } from './guarding.ts';
import type { KlineOptions } from './kline-options.ts';
import { Shares } from './shares.ts';
import { Tally } from './tally.ts';

/** One bar of each symbol that has one then. */
export type BarGroup = { readonly openMs: number; readonly bars: ReadonlyMap<string, FileBar> };

/** Symbols that have a bar at this time. */
type Seen = { readonly there: readonly BarSymbol[]; readonly symbols: ReadonlySet<string> };
const seen = (there: readonly BarSymbol[]): Seen => ({ there, symbols: new Set(there.map(({ symbol }) => symbol)) });

const firstEnd = ({ ends }: BarSymbol): Ticks => ends[0];
const secondEnd = ({ ends }: BarSymbol): Ticks => ends[1];
const closeOf = ({ bar }: BarSymbol): Ticks => (bar as FileBar).close;

type Ending = { readonly to: Ticks; readonly atMs: number; readonly liquidation: Ticks | null; readonly fires: boolean };

/** Looks of a run that is on its way to a position, at one and the same price, and the time between them. */
const ROUNDS_MAX = 10;
const ROUND_MS = 100;
const EMPTY: ReadonlyMap<string, string> = new Map();

export class KlineEngine {
  readonly tally: Tally;
  readonly #options: KlineOptions;
  readonly #settings: Settings;
  readonly #accounts: BarAccounts;
  readonly #brain: BarBrain;
  readonly #shares: Shares;
  readonly #all: Seen;
  #lastTrade: { readonly tradeId: string; readonly atMs: number } | null = null;
  #rate = { symbol: '', rate: 0n, atMs: 0 };
  #dirty = false;
  /** An order of this bar was refused, or found no price: its run may try again within the bar. */
  #unfilled = false;
  #bars = 0;

  constructor(options: KlineOptions) {
    const { config, runs, symbols } = options;
    this.#options = options;
    this.#settings = { ...settingsOf(config, runs), symbols: symbols.map(({ instrument }) => instrument.symbol) };
    this.#shares = new Shares(this.#settings.symbols, runs);
    this.#accounts = new BarAccounts({
      ...options,
      exitsOf: (symbol) => exitsOf(config, symbol),
      onUser: (event) => this.#onUser(event),
      onLiquidation: (row) => this.tally.liquidation(row),
    });
    this.#all = seen([...this.#accounts.symbols.values()]);
    this.tally = new Tally({
      symbols: symbols.map(({ instrument }) => ({
        instrument,
        strategies: runs.filter((run) => run.symbols.includes(instrument.symbol)).map(({ id }) => id),
      })),
      fromMs: options.fromMs,
      periodMs: options.barMs,
      startEquity: this.#accounts.equityAtoms(),
    });
    this.#brain = new BarBrain({
      settings: this.#settings,
      symbols: this.#accounts.symbols,
      shares: this.#shares,
      account: this.#accounts,
      onReason: (run, reason) => this.tally.reason(run, reason),
    });
  }

  get bars(): number {
    return this.#bars;
  }

  /** Groups in order of time; the map may be the caller's next time. Bars before the start of the backtest warm it up: they are seen, and nothing is traded. */
  take(group: BarGroup): void {
    const { openMs, bars } = group;
    const there = bars.size === this.#all.there.length ? this.#all : seen([...bars.keys()].map((symbol) => this.#accounts.of(symbol)));
    this.#bars += bars.size;
    if (openMs < this.#options.fromMs) {
      for (const one of there.there) this.#warm(one, bars.get(one.symbol) as FileBar);
      return;
    }
    for (const one of there.there) this.#open(one, bars.get(one.symbol) as FileBar);
    this.#rounds(there, openMs);
    const { barMs, intrabar: rule } = this.#options;
    for (const one of there.there) one.ends = endsOf(one.bar as FileBar, { rule, position: one.position });
    this.#point(there, firstEnd, Math.floor(openMs + barMs * (1 / 3)));
    this.#point(there, secondEnd, Math.floor(openMs + barMs * (2 / 3)));
    this.#point(there, closeOf, openMs + barMs - 1);
    this.#closeBars(there, openMs + barMs);
  }

  /** What is left when the data ends; positions stay open, at their last price. */
  ending(): Pick<Parameters<Tally['result']>[0], 'wallets' | 'unrealized'> {
    return this.#accounts.left();
  }

  #warm(one: BarSymbol, bar: FileBar): void {
    one.market.move(bar.close, bar.openMs + this.#options.barMs);
    this.#accounts.advance(bar.openMs + this.#options.barMs - 1);
    for (const window of one.windows.values()) window.close(bar);
    one.closedMs = bar.openMs + this.#options.barMs;
    one.due = one.fundingAfter(one.closedMs - 1);
  }

  #open(one: BarSymbol, bar: FileBar): void {
    const { openMs } = bar;
    if (one.closedMs !== null && openMs > one.closedMs) this.#gap(one, { fromMs: one.closedMs, toMs: openMs });
    one.due ??= one.fundingAfter(openMs - 1);
    this.#accounts.advance(openMs);
    one.bar = bar;
    one.seen.high = bar.open;
    one.seen.low = bar.open;
    one.market.move(bar.open, openMs);
    this.tally.price(one.symbol, openMs, bar.open);
    this.#fund(one, openMs);
    if (one.liquidationOn(bar.open) !== null) this.#liquidate(one, openMs);
    this.#look(openMs);
  }

  /** Orders that come after a hole in the data are too old for the gateway, however short it is. */
  #gap(one: BarSymbol, hole: { readonly fromMs: number; readonly toMs: number }): void {
    this.tally.gaps.push({ symbol: one.symbol, ...hole, what: 'no bars' });
    for (const _ of one.pending) this.tally.orders.refused(one.symbol, 'ttl-expired');
    one.pending = [];
  }

  /** Everything that was due by then, at the price of now: in a hole of the data nobody can tell another. */
  #fund(one: BarSymbol, atMs: number): void {
    while (one.due !== null && one.due.atMs <= atMs) {
      const { rate, atMs: dueMs } = one.due;
      this.#rate = { symbol: one.symbol, rate, atMs: dueMs };
      if (one.position !== 0) one.market.settle({ atMs: dueMs, rate, mark: one.market.markOf(one.market.price) });
      one.due = one.fundingAfter(dueMs);
    }
    this.#sync();
  }

  /** Orders on their way arrive; runs that want more go on, one look after the other, as long as anything comes of it. */
  #rounds(seen: Seen, openMs: number): void {
    let atMs = openMs + this.#options.delayMs;
    this.#arrive(seen.there, atMs);
    for (const one of seen.there) this.#exit(one, one.market.price, atMs);
    for (let round = 0; round < ROUNDS_MAX && (round > 0 || this.#brain.underWay); round++) {
      atMs += ROUND_MS;
      if (!this.#decideOn(seen, atMs)) return;
      this.#arrive(seen.there, atMs);
    }
  }

  #point(seen: Seen, priceOf: (one: BarSymbol) => Ticks, atMs: number): void {
    const { there } = seen;
    this.#accounts.advance(atMs);
    for (const one of there) this.#walk(one, priceOf(one), atMs);
    this.#arrive(there, atMs);
    this.#look(atMs);
    if ((this.#options.looks === 'points' || this.#brain.underWay || this.#unfilled) && this.#decideOn(seen, atMs))
      this.#arrive(there, atMs);
  }

  #walk(one: BarSymbol, to: Ticks, atMs: number): void {
    if (one.position !== 0) {
      const liquidation = one.liquidationOn(to);
      const turn = one.judge(to, atMs);
      if (liquidation === null && turn.close === null) one.exits = turn.exits;
      else this.#end(one, { to, atMs, liquidation, fires: turn.close !== null });
    }
    one.market.move(to, atMs);
    if (to > one.seen.high) one.seen.high = to;
    if (to < one.seen.low) one.seen.low = to;
    this.tally.passed(one.symbol, atMs, to);
    if (this.#accounts.heldCount > 1 && one.position !== 0) this.#liquidate(one, atMs); // one margin for all: only the venue's own sum tells
  }

  /** On the way to `to` it is closed by us or by the venue, whoever comes first. */
  #end(one: BarSymbol, { to, atMs, liquidation, fires }: Ending): void {
    const from = one.market.price;
    const exit = fires ? this.#exitOn(one, { to, atMs }) : null;
    if (exit !== null && (liquidation === null || Math.abs(exit - from) <= Math.abs(liquidation - from))) this.#exit(one, exit, atMs);
    else if (liquidation !== null) {
      one.market.move(liquidation, atMs);
      this.#liquidate(one, atMs);
    }
  }

  /** Where on the way a hard exit fires. What fires for its time alone has no place there: it is done at the worse end. */
  #exitOn(one: BarSymbol, { to, atMs }: { readonly to: Ticks; readonly atMs: number }): Ticks | null {
    const from = one.market.price;
    if (one.judge(from, atMs).close !== null) return one.position > 0 === from < to ? from : to;
    return firstOn(from, to, (price) => one.judge(price, atMs).close !== null);
  }

  /** Judges the hard exits at this price, and closes when one fires. */
  #exit(one: BarSymbol, price: Ticks, atMs: number): void {
    if (one.position === 0) return;
    one.market.move(price, atMs);
    const { exits, close } = one.judge(price, atMs);
    one.exits = exits;
    if (close === null) return;
    one.pending = [];
    const side = one.position > 0 ? 'buy' : 'sell';
    this.tally.exits.push({ atMs, symbol: one.symbol, rule: close, price: this.#accounts.priceText(one, one.market.touch(side)) });
    for (let n = 0; one.position !== 0 && n < ROUNDS_MAX; n++) {
      const clientId = `exit-${this.tally.exits.length}-${n}`;
      this.tally.cause(clientId, { strategy: 'exit', reason: close });
      this.tally.orders.of(one.symbol).placed += 1;
      const rejected = this.#accounts.closeAtMarket(one, clientId);
      if (rejected !== null) this.tally.orders.rejected(one.symbol, rejected);
      this.#sync();
    }
    one.closed(atMs);
    const reasons = new Map([[one.symbol, `closing-${close}`]]);
    this.#brain.decide(atMs, { symbols: new Set([one.symbol]), reasons });
  }

  #liquidate(one: BarSymbol, atMs: number): void {
    this.#accounts.advance(atMs);
    one.market.judge(atMs);
    this.#sync();
  }

  /** Now the bar is closed, and exists for the strategies. */
  #closeBars(seen: Seen, atMs: number): void {
    const { there } = seen;
    for (const one of there) {
      const bar = one.bar as FileBar;
      for (const window of one.windows.values()) window.close(bar);
      one.bar = null;
      one.closedMs = atMs;
      if (one.exits.state.at !== 'armed') one.exits = one.judge(one.market.price, atMs).exits;
    }
    const { onBar } = this.#options;
    if (onBar) for (const { symbol, position } of there) onBar({ closedMs: atMs, symbol, position, equity: this.#accounts.equity() });
    this.#unfilled = false;
    this.#decideOn(seen, atMs);
  }

  /** Whether anything was sent. */
  #decideOn(seen: Seen, atMs: number): boolean {
    const sent = this.#brain.decide(atMs, { symbols: seen.symbols, reasons: this.#reasons(seen) });
    let left = false;
    for (const one of sent) if (this.#send(one, atMs)) left = true;
    return left;
  }

  #reasons({ there }: Seen): ReadonlyMap<string, string> {
    if (there.length === this.#all.there.length && there.every(isArmed)) return EMPTY;
    const blocked = [...this.#accounts.symbols.values()].filter((one) => !there.includes(one) || one.exits.state.at !== 'armed');
    if (blocked.length === 0) return EMPTY;
    return new Map(blocked.map((one) => [one.symbol, there.includes(one) ? 'cooling-down' : 'book-not-live']));
  }

  /** Through the gateway's guard, as long as its snapshot is fresh; what it refuses is not tried again at once. */
  #send({ symbol, commands }: Sent, atMs: number): boolean {
    const one = this.#accounts.of(symbol);
    for (const command of commands) {
      const refusal = guarded(this.#watched(one, atMs), { request: requestOf(command) });
      if (refusal !== null) {
        this.tally.orders.refused(symbol, refusal.code);
        this.#unfilled = true;
        one.refusals = { ...one.refusals, [command.strategy]: { code: refusal.code, untilMs: monoMs(atMs + REFUSED_MS) } };
        continue;
      }
      this.tally.cause(command.clientId, { strategy: command.strategy, reason: command.reason });
      one.pending = [...one.pending, command];
    }
    return one.pending.length > 0;
  }

  #watched(one: BarSymbol, atMs: number): Parameters<typeof guarded>[0] {
    const now = { mono: monoMs(atMs), wall: wallMs(atMs) };
    const equity = this.#accounts.equityAtoms();
    return {
      ...{ config: this.#options.config, instrument: one.instrument, book: barBookOf(one, atMs), equity, held: one.position },
      ...{ markPrice: this.#accounts.priceText(one, one.market.price), markAgeMs: 0, closing: false },
      liquidationPercent: one.liquidationPercent(),
      own: one.pending.flatMap((command) => newRow({ request: requestOf(command), now })),
      otherGross: this.#accounts.grossBut(one),
      ...{ now: now.mono, basedOnAt: now.mono, ttlMs: this.#settings.ttlMs },
    };
  }

  #arrive(there: readonly BarSymbol[], atMs: number): void {
    for (const one of there) {
      if (one.pending.length === 0) continue;
      const commands = one.pending;
      one.pending = [];
      this.#accounts.advance(atMs);
      for (const command of commands) this.#place(one, command);
      this.#sync();
    }
  }

  #place(one: BarSymbol, command: PlaceCommand): void {
    this.tally.orders.of(one.symbol).placed += 1;
    const placed = this.#accounts.place(one, command);
    if (placed.rejected !== null) this.tally.orders.rejected(one.symbol, placed.rejected);
    if (!placed.filled) this.#unfilled = true;
  }

  #look(atMs: number): void {
    this.tally.equity(atMs, this.#accounts.equity(), this.#accounts.heldCount > 0);
  }

  #onUser(event: UserEvent): void {
    if (event.kind === 'fill') return;
    this.#dirty = true;
    if (event.kind === 'order' && event.trade) {
      const { order, id, atMs } = event.trade;
      this.#lastTrade = { tradeId: String(id), atMs: Math.floor(atMs) };
      const { strategy } = this.tally.causeOf(order.clientId);
      this.#shares.onTrade(event.trade, { instrument: this.#accounts.of(order.symbol).instrument, strategy });
    }
    if (event.kind === 'account' && event.reason === 'funding') this.#tellFunding(event);
    this.tally.onUser(event);
  }

  #tellFunding({ wallets, symbol }: Extract<UserEvent, { kind: 'account' }>): void {
    const one = this.#accounts.of(symbol ?? this.#rate.symbol);
    const amount = wallets[0]?.change ?? ZERO_ATOMS;
    const { rate, atMs } = this.#rate;
    const mark = this.#accounts.priceText(one, one.market.price);
    this.tally.funding({ atMs, symbol: one.symbol, rate: String(Number(rate) / 1e8), mark, position: one.position, amount });
    this.#accounts.funded(one.symbol, amount);
  }

  /** Whatever changed the account is seen by the symbols at once. */
  #sync(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#accounts.sync(this.#lastTrade, this.#shares);
  }
}

const isArmed = ({ exits }: BarSymbol): boolean => exits.state.at === 'armed';

/** The brain sends nothing but cancels of a run for so long after a refusal. */
const REFUSED_MS = 500;

const requestOf = ({ symbol, clientId, side, timeInForce, price, size, reduceOnly, strategy }: PlaceCommand): OrderRequest => ({
  ...{ symbol, clientId, side, kind: 'limit', timeInForce, price, size, reduceOnly, strategy },
});
