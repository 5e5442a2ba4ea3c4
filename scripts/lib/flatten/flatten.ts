/**
 * Cancels, closes and verifies, round after round, until the venue shows nothing that is left: resting orders go and positions are closed
 * at once and beside each other; own conditional orders protect until their symbol is flat, and go then. Every order only reduces, so one
 * whose outcome is not known is answered by looking again, and cannot overshoot. A request that hangs holds up its own round for a moment,
 * nothing more. Done is: nothing left in a look that began later than a request of a dead process could still take effect.
 */
import type { VenueFault, VenueResult } from '../../../gateway/venues/venue.ts';
import type { Clock } from '../../../shared/clock.ts';
import { within } from '../within.ts';
import type { ConditionalOrder, HeldPosition, Look, RestingOrder, VenueAccount } from './account.ts';
import { closeOrder } from './close-order.ts';

export type FlattenOptions = {
  readonly account: VenueAccount;
  readonly clock: Clock;
  readonly symbols: readonly string[] | 'all';
  /** Orders of others too. */
  readonly everything: boolean;
  /** False: orders alone; positions and the stops that protect them are left. */
  readonly positions: boolean;
  /** The venue refuses requests later than this. */
  readonly recvWindowMs: number;
  readonly limitMs: number;
  /** Asked before each round: false ends it, with what is left. */
  readonly mayGoOn: () => boolean;
  readonly say: (line: string) => void;
};
export type Done = {
  /** The venue has confirmed that nothing is left. */
  readonly flat: boolean;
  /** What is left, or why it cannot be known; empty when flat. */
  readonly left: readonly string[];
  /** How many of what was looked for are there. */
  readonly counts: { readonly orders: number; readonly conditionals: number; readonly positions: number };
  /** Parts of the account that could not be read. */
  readonly unread: readonly string[];
  /** The fault that ended it: a key that is refused. */
  readonly fatal: VenueFault | null;
  readonly symbols: readonly SymbolDone[];
};
export type SymbolDone = {
  readonly symbol: string;
  readonly canceled: number;
  readonly before: string;
  readonly now: string;
  readonly closes: number;
};

/** A round waits at most this long for what it has sent. */
const ROUND_MS_MAX = 1_000;
const PAUSE_MS = 50;
const PAUSE_MS_MAX = 1_000;
/** Added to the receive window, for clocks that differ. */
const LATE_MS = 250;
const CLOSED = 'none';

export class Flatten {
  readonly #options: FlattenOptions;
  readonly #canceled = new Map<string, Set<string>>();
  readonly #before = new Map<string, string>();
  readonly #closes = new Map<string, number>();
  readonly #marketRefused = new Set<string>();
  #look: Look | null = null;
  #fatal: VenueFault | null = null;
  #silentUntil = 0;
  #told = '';
  #toldFault = '';

  constructor(options: FlattenOptions) {
    this.#options = options;
  }

  /** Reads and says what is there; changes nothing. */
  async inspect(): Promise<Done> {
    this.#take(await this.#options.account.look(this.#options.symbols));
    return this.#done(false);
  }

  async run(): Promise<Done> {
    const { account, clock, symbols, recvWindowMs, limitMs, mayGoOn } = this.#options;
    const from = clock.monoMs();
    for (let round = 0; clock.monoMs() - from < limitMs && mayGoOn() && this.#fatal === null; round++) {
      const at = clock.monoMs();
      this.#take(await account.look(symbols));
      const left = this.#left();
      if (left.length === 0 && at - from >= recvWindowMs + LATE_MS) return this.#done(true);
      if (left.length > 0) await this.#act();
      this.#tell(left);
      await clock.sleep(Math.max(this.#silentUntil - clock.monoMs(), Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** Math.min(round, 10))));
    }
    return this.#done(false);
  }

  #take(look: Look): void {
    this.#look = look;
    for (const part of [look.orders, look.conditionals, look.positions]) if (!part.ok) this.#heard(part.error);
    if (look.positions.ok)
      for (const { symbol, side, size } of look.positions.value)
        this.#before.set(keyOf(symbol, side), this.#before.get(keyOf(symbol, side)) ?? size);
  }

  async #act(): Promise<void> {
    const { account, clock } = this.#options;
    const acts = [
      ...[...Map.groupBy(this.#orders(), ({ symbol }) => symbol)].map(([symbol, orders]) => this.#cancel(symbol, orders)),
      ...this.#conditionals().map((order) => this.#cancelConditional(order)),
      ...this.#positions().map((position) => this.#close(position, account)),
    ];
    await within(Promise.all(acts), { clock, ms: ROUND_MS_MAX });
  }

  async #cancel(symbol: string, orders: readonly RestingOrder[]): Promise<void> {
    const ids = orders.map(({ id }) => id);
    for (const id of ids) this.#noteCanceled(symbol, id);
    this.#note(await this.#options.account.cancelOrders({ symbol, ids }));
  }

  async #cancelConditional({ symbol, id }: ConditionalOrder): Promise<void> {
    this.#noteCanceled(symbol, `conditional ${id}`);
    this.#note(await this.#options.account.cancelConditional(id));
  }

  async #close(position: HeldPosition, account: VenueAccount): Promise<void> {
    const key = keyOf(position.symbol, position.side);
    const tries = this.#closes.get(key) ?? 0;
    const quote = await account.quote(position.symbol);
    const instrument = account.instrument(position.symbol);
    const marketRefused = this.#marketRefused.has(key);
    const order = closeOrder({ position, instrument, quote: quote.ok ? quote.value : null, tries, marketRefused });
    this.#closes.set(key, tries + 1);
    const answer = await account.close(order);
    const refused = !answer.ok && answer.error.kind === 'rejected' && answer.error.reason !== 'reduce-only-refused';
    if (order.price === null && refused) this.#marketRefused.add(key);
    else this.#marketRefused.delete(key);
    this.#note(answer);
  }

  #note(answer: VenueResult<null>): void {
    if (!answer.ok) this.#heard(answer.error);
  }

  #heard(fault: VenueFault): void {
    const { clock, say } = this.#options;
    if (fault.kind === 'auth') this.#fatal = fault;
    if (fault.kind === 'rate-limited' || fault.kind === 'banned')
      this.#silentUntil = Math.max(this.#silentUntil, clock.monoMs() + (fault.retryAfterMs ?? 1_000));
    if (fault.sentence !== this.#toldFault) say(`the venue: ${fault.sentence}`);
    this.#toldFault = fault.sentence;
  }

  #orders(): readonly RestingOrder[] {
    const { everything } = this.#options;
    return rowsIn(this.#look?.orders).filter(({ own }) => own || everything);
  }

  /** Those of others at once: one may open a position. Ours when what they protect is gone. */
  #conditionals(): readonly ConditionalOrder[] {
    const { everything, positions } = this.#options;
    const held = new Set(rowsIn(this.#look?.positions).map(({ symbol }) => symbol));
    const flat = (symbol: string): boolean => positions && this.#look?.positions.ok === true && !held.has(symbol);
    return rowsIn(this.#look?.conditionals).filter(({ own, symbol }) => (own ? flat(symbol) : everything));
  }

  #positions(): readonly HeldPosition[] {
    return this.#options.positions ? rowsIn(this.#look?.positions) : [];
  }

  #left(): readonly string[] {
    return [
      ...this.#orders().map(
        ({ symbol, own: ours, side, size, price }) => `${symbol}: ${ours ? 'own' : 'foreign'} order ${side} ${size} at ${price}`,
      ),
      ...this.#positions().map(({ symbol, side, size }) => `${keyOf(symbol, side)}: position ${size}`),
      ...this.#conditionalsLeft().map(({ symbol, own: ours, id }) => `${symbol}: ${ours ? 'own' : 'foreign'} conditional order ${id}`),
      ...this.#unread(),
    ];
  }

  /** Ours stay where positions stay. */
  #conditionalsLeft(): readonly ConditionalOrder[] {
    const { positions, everything } = this.#options;
    return rowsIn(this.#look?.conditionals).filter(({ own }) => (own ? positions : everything));
  }

  #unread(): readonly string[] {
    const look = this.#look;
    if (look === null) return ['nothing has been read yet'];
    const parts = [
      ['open orders', look.orders],
      ['conditional orders', look.conditionals],
      ['positions', look.positions],
    ] as const;
    return parts.flatMap(([name, part]) => (part.ok ? [] : [`${name} cannot be read: ${part.error.sentence}`]));
  }

  #tell(left: readonly string[]): void {
    if (left.join() === this.#told) return;
    this.#told = left.join();
    for (const line of left) this.#options.say(`left: ${line}`);
  }

  #noteCanceled(symbol: string, id: string): void {
    this.#canceled.set(symbol, (this.#canceled.get(symbol) ?? new Set()).add(id));
  }

  #done(flat: boolean): Done {
    const now = new Map(rowsIn(this.#look?.positions).map(({ symbol, side, size }) => [keyOf(symbol, side), size]));
    const known = this.#look?.positions.ok === true;
    const keys = new Set([...this.#before.keys(), ...this.#canceled.keys()]);
    const symbols = [...keys].sort().map((symbol) => ({
      symbol,
      canceled: this.#canceled.get(symbol)?.size ?? 0,
      before: this.#before.get(symbol) ?? CLOSED,
      now: now.get(symbol) ?? (known ? CLOSED : 'unknown'),
      closes: this.#closes.get(symbol) ?? 0,
    }));
    const counts = { orders: this.#orders().length, conditionals: this.#conditionalsLeft().length, positions: this.#positions().length };
    return { flat, left: flat ? [] : this.#left(), counts, unread: this.#unread(), fatal: this.#fatal, symbols };
  }
}

const keyOf = (symbol: string, side: HeldPosition['side']): string => (side === 'both' ? symbol : `${symbol} ${side}`);
const rowsIn = <T>(part: VenueResult<readonly T[]> | undefined): readonly T[] => (part?.ok ? part.value : []);
