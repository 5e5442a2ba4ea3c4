/** Order actions a second of the simulator's pure core: checks, account, matching, events; no wire. Beside the bare matching book. */
import { makeInstrument } from '../../shared/instrument.ts';
import { Random } from '../../shared/random.ts';
import { Exchange } from '../../shared/sim/exchange.ts';
import { makeFlow } from '../../shared/sim/flow.ts';
import { makeHistory } from '../../shared/sim/history.ts';
import { findInstrument } from '../../shared/sim/instruments.ts';
import { MatchingBook } from '../../shared/sim/matching.ts';
import type { PlaceRequest, Trader } from '../../shared/sim/order-desk.ts';
import { lots, parseAtoms, ticks, ZERO_ATOMS } from '../../shared/units.ts';
import { type Figure, ROUNDS, sideBySide } from './measure.ts';

const SYMBOL = 'BTCUSDT';
const START_MS = 1_795_000_000_000;
const ACCOUNTS = ['a', 'b', 'c', 'd'];
const CALLS = 40_000;
/** The bare book is done with so many calls in some milliseconds, too short to be timed: again and again, each time from an empty one. */
const FLOOR_TIMES = 20;
/** The market goes on for this long between rounds, so that takers find a book. */
const ROUND_MS = 1_000;
const OPEN_MAX = 40;
const QUOTES_WITHIN = 40;
const GOAL_PER_S = 200_000;

export async function benchOrders(): Promise<Figure> {
  const session = new Session();
  const { ours, floor, conclusive } = await sideBySide({ ours: () => session.round(), floor: bareBook });
  const rate = (ns: number): string => Math.round(1e9 / ns).toLocaleString('en');
  const beside = `${rate(ours)} a second on one core; the bare matching book ${rate(floor)}`;
  return {
    ...{ name: 'simulator core: one order action', value: ours / 1_000, unit: 'µs', goal: 1e6 / GOAL_PER_S, beside, conclusive },
    ...{ ours: ours / 1_000, floor: floor / 1_000, rawUnit: 'µs', rounds: ROUNDS },
  };
}

/** Four accounts that quote, amend, cancel and now and then take. */
class Session {
  readonly #random = new Random(5);
  readonly #exchange: Exchange;
  readonly #traders: readonly Trader[];
  /** Open orders of each account by client id; may hold some that have filled meanwhile. */
  readonly #open: string[][] = ACCOUNTS.map(() => []);
  #told = 0;
  #rounds = 0;
  #names = 0;

  constructor() {
    this.#exchange = openExchange(() => this.#told++);
    this.#traders = ACCOUNTS.map((apiKey) => this.#exchange.trader(apiKey));
  }

  /** Nanoseconds of one action. */
  round(): number {
    this.#exchange.advance(START_MS + ++this.#rounds * ROUND_MS);
    const told = this.#told;
    const ns = coreNsPerCall((i) => this.#act(i % ACCOUNTS.length), CALLS);
    if (this.#told - told < CALLS / 2) throw new Error(`Only ${this.#told - told} events in ${CALLS} order actions: nothing was measured`);
    return ns;
  }

  #act(who: number): void {
    const open = this.#open[who] ?? [];
    const dice = this.#random.float();
    if (open.length > OPEN_MAX || (dice < 0.4 && open.length > 0)) this.#cancel(who, open);
    else if (dice < 0.55 && open.length > 0) this.#amend(who, open);
    else this.#place(who, dice > 0.95);
  }

  #cancel(who: number, open: string[]): void {
    const clientId = open.splice(this.#random.int({ min: 0, max: open.length - 1 }), 1)[0];
    this.#exchange.desk.cancel(this.#trader(who), { symbol: SYMBOL, clientId });
  }

  #amend(who: number, open: readonly string[]): void {
    const clientId = open[this.#random.int({ min: 0, max: open.length - 1 })];
    const order = this.#trader(who).orders.findOpen({ symbol: SYMBOL, clientId });
    if (!order) {
      this.#place(who, false);
      return;
    }
    const price = this.#quote(order.side);
    const request = { symbol: SYMBOL, clientId, side: order.side, price, size: order.size, modifyId: null, reduceOnly: false };
    this.#exchange.desk.amend(this.#trader(who), request);
  }

  #place(who: number, taking: boolean): void {
    const side = this.#random.chance(0.5) ? 'buy' : 'sell';
    const clientId = `o${++this.#names}`;
    const terms: Pick<PlaceRequest, 'type' | 'timeInForce' | 'price'> = taking
      ? { type: 'market', timeInForce: 'ioc', price: null }
      : { type: 'limit', timeInForce: 'post-only', price: this.#quote(side) };
    const rest = { positionSide: 'both', selfTrade: 'expire-maker', size: lots(2), reduceOnly: false } as const;
    const placed = this.#exchange.desk.place(this.#trader(who), { symbol: SYMBOL, side, clientId, ...terms, ...rest });
    if (placed.ok && placed.value.status === 'new') this.#open[who]?.push(clientId);
  }

  #quote(side: 'buy' | 'sell'): ReturnType<typeof ticks> {
    const best = this.#exchange.market(SYMBOL).best(side)?.price ?? ticks(0);
    const behind = this.#random.int({ min: 0, max: QUOTES_WITHIN });
    return ticks(side === 'buy' ? best - behind : best + behind);
  }

  #trader(who: number): Trader {
    const trader = this.#traders[who];
    if (!trader) throw new Error(`Cannot find account ${who}`);
    return trader;
  }
}

function openExchange(onEvent: () => void): Exchange {
  const found = findInstrument(SYMBOL);
  const instrument = found ? makeInstrument(found.spec) : `${SYMBOL} is not in the list`;
  if (!found || typeof instrument === 'string') throw new Error(String(instrument));
  const random = new Random(3);
  const { startPrice } = found;
  const history = makeHistory({ instrument, random: random.fork('history'), endMs: START_MS, endPrice: startPrice, days: 1 }).bars;
  const flow = makeFlow({ instrument, random: random.fork('flow'), startPrice, profile: 'calm' });
  const balances = { USDT: parseAtoms('10000000') ?? ZERO_ATOMS };
  return new Exchange({
    startMs: START_MS,
    random: random.fork('exchange'),
    markets: [{ kind: 'flow', flow, history, startPrice }],
    accounts: ACCOUNTS.map((apiKey) => ({ apiKey, balances })),
    onMarket: () => undefined,
    onUser: onEvent,
  });
}

/** Nanoseconds of one core for one call: other processes of a busy machine do not count. */
function coreNsPerCall(run: (i: number) => void, calls: number): number {
  const from = process.threadCpuUsage();
  for (let i = 0; i < calls; i++) run(i);
  const { user, system } = process.threadCpuUsage(from);
  return ((user + system) * 1_000) / calls;
}

/** Adds and cancels in the matching book alone. */
function bareBook(): number {
  return Array.from({ length: FLOOR_TIMES }, bareBookOnce).reduce((sum, ns) => sum + ns, 0) / FLOOR_TIMES;
}

function bareBookOnce(): number {
  const random = new Random(7);
  const book = new MatchingBook({ onTrade: () => undefined, onSelfExpired: () => undefined, onLevel: () => undefined });
  return coreNsPerCall((i) => {
    if (i % 2 === 1) {
      book.cancel(i - random.int({ min: 1, max: 100 }));
      return;
    }
    const side = random.chance(0.5) ? 'buy' : 'sell';
    const price = ticks(640_000 + random.int({ min: -QUOTES_WITHIN, max: QUOTES_WITHIN }));
    book.add({ key: i, owner: 'a', side, price, size: lots(2), timeInForce: 'gtc', selfTrade: 'none' });
  }, CALLS);
}
