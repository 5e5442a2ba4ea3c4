/**
 * What the exchange holds against the limits, after every single step of it: each advance of its time and each request. Counts with the
 * exchange's own orders, positions and prices, in decimals; nothing of the gateway is asked.
 */
import { parseClientId } from '../../../shared/client-id.ts';
import { type Config, limitsOf } from '../../../shared/config.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import type { SimOrder } from '../../../shared/sim/exchange-events.ts';
import { API_KEY } from '../../../scripts/soak/acts.ts';
import type { Simulator } from '../../../scripts/sim/simulator.ts';

/** Prices move between our look at the book and the exchange's acceptance. */
const MOVED = 1.005;
/** Requests may catch up with each other on their way. */
const SECOND_MS = 950;
const OPENING = new Set(['quote', 'trend', 'custom', 'operator']);
const FINDINGS_MAX = 10;

export class LimitsJudge {
  readonly violations = new Set<string>();
  readonly accepted: number[] = [];
  looks = 0;
  /** How near it came to each limit, as a share of it. */
  readonly reached = { position: 0, notional: 0, gross: 0, open: 0, rate: 0 };
  readonly #simulator: Simulator;
  readonly #config: Config;
  #newest = 0;

  constructor(simulator: Simulator, config: Config) {
    this.#simulator = simulator;
    this.#config = config;
    const { outbox } = simulator.inside;
    const step = outbox.step.bind(outbox);
    outbox.step = (run) => {
      const result = step(run); // all that leaves with it has left
      this.look();
      return result;
    };
  }

  look(): void {
    this.looks++;
    const trader = this.#simulator.exchange.trader(API_KEY);
    const fresh = this.#config.symbols.flatMap((symbol) => trader.orders.all(symbol).filter(({ key }) => key > this.#newest));
    for (const order of fresh.filter(isOpening)) this.#judgeOrder(order);
    this.#newest = Math.max(this.#newest, ...fresh.map(({ key }) => key));
    const gross = this.#config.symbols.reduce((sum, symbol) => sum + this.#judgeSymbol(symbol), 0);
    const limit = Number(this.#config.limits.maxGrossNotional);
    if (fresh.some(isOpening)) this.#compare('gross', gross / MOVED, limit);
  }

  /** Of one that the exchange has just taken. */
  #judgeOrder(order: SimOrder): void {
    const { symbol, price, size, createdMs } = order;
    const { instrument, limits } = this.#of(symbol);
    const paid = order.type === 'market' && order.filled > 0 ? Number(order.filledNotional) / 1e8 : 0;
    const worth = paid || price * Number(instrument.tickSize) * size * Number(instrument.stepSize);
    this.#compare('notional', worth, Number(limits?.maxOrderNotional ?? 0), order.clientId);
    this.accepted.push(createdMs);
    const within = this.accepted.filter((at) => at > createdMs - SECOND_MS).length;
    this.#compare('rate', within, this.#config.limits.rate.maxCommandsPerSecond);
  }

  /** Its worst case against its limits; what that is worth. */
  #judgeSymbol(symbol: string): number {
    const { instrument, limits } = this.#of(symbol);
    const { exchange } = this.#simulator;
    const trader = exchange.trader(API_KEY);
    const open = trader.orders.open(symbol).filter(isOpening);
    const unit = Number(instrument.stepSize);
    const left = (side: 'buy' | 'sell'): number =>
      open.filter((one) => one.side === side).reduce((sum, one) => sum + one.size - one.filled, 0);
    const held = trader.account.position(symbol).size;
    const worst = Math.max(Math.abs(held), held + left('buy'), left('sell') - held) * unit;
    this.#compare('position', worst, Number(limits?.maxPosition ?? 0), symbol);
    this.#compare('open', open.length, limits?.maxOpenOrders ?? 0, symbol);
    const market = exchange.market(symbol);
    const mid = ((market.best('buy')?.price ?? 0) + (market.best('sell')?.price ?? 0)) / 2;
    return worst * mid * Number(instrument.tickSize);
  }

  #of(symbol: string): { readonly instrument: Instrument; readonly limits: ReturnType<typeof limitsOf> } {
    return { instrument: this.#simulator.exchange.market(symbol).instrument, limits: limitsOf(this.#config, symbol) };
  }

  #compare(what: keyof LimitsJudge['reached'], value: number, limit: number, who = ''): void {
    this.reached[what] = Math.max(this.reached[what], value / limit);
    if (value > limit * (1 + 1e-9) && this.violations.size < FINDINGS_MAX)
      this.violations.add(`${what} ${who}: ${value}, the limit is ${limit}`);
  }
}

/** Placed for a brain or a person, and no way out of a position. */
const isOpening = ({ clientId, reduceOnly }: SimOrder): boolean => !reduceOnly && OPENING.has(parseClientId(clientId)?.role ?? '');
