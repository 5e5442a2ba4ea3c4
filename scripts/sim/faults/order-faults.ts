/** Faults in the life of an order: fills that are faster than a command or its answer, queries that lag, user events that come twice or late. */
import * as z from 'zod';
import type { Exchange } from '../../../shared/sim/exchange.ts';
import type { SimOrder, UserEvent } from '../../../shared/sim/exchange-events.ts';
import type { Interference } from '../../../shared/sim/interference.ts';
import { leftOf } from '../../../shared/sim/order-store.ts';
import type { Armed, FaultBoard } from './board.ts';
import { lots } from '../../../shared/units.ts';

const symbol = z.string();
const count = z.int().positive().default(1);
/** Part of what the order has left; 1 fills it. */
const part = z.number().positive().max(1).default(1);

export const ORDER_FAULTS = [
  /** The public takes `part` of an order just before its cancel or amend is applied. */
  z.strictObject({ kind: z.literal('fill-before'), command: z.enum(['cancel', 'amend']), symbol, part, count }),
  /** The public takes `part` of an order as soon as it rests; the answer to the placing leaves `holdMs` after the fill was told. */
  z.strictObject({ kind: z.literal('fill-before-ack'), symbol, part, holdMs: z.number().nonnegative().default(50), count }),
  /** TRADE events are sent twice. */
  z.strictObject({ kind: z.literal('duplicate-trade'), symbol, count }),
  /** Order events (ORDER_TRADE_UPDATE, and the fill notice of a trade) come `ms` late; null: never. */
  z.strictObject({
    kind: z.literal('withhold-event'),
    symbol,
    clientId: z.string().optional(),
    execution: z.enum(['new', 'trade', 'canceled', 'expired', 'amended']).optional(),
    ms: z.number().positive().nullable(),
    count,
  }),
  /** Queries do not know an order until `ms` after it was placed. */
  z.strictObject({ kind: z.literal('read-lag'), symbol, ms: z.number().positive(), count }),
] as const;

const OrderFault = z.discriminatedUnion('kind', [...ORDER_FAULTS]);
export type OrderFault = z.infer<typeof OrderFault>;
type OfKind<K extends OrderFault['kind']> = Extract<OrderFault, { kind: K }>;

/** A late answer is remembered for at most this many orders at once. */
const HIDDEN_MAX = 1_000;

export class OrderFaults implements Interference {
  readonly #exchange: () => Exchange;
  readonly #hiddenUntilMs = new Map<number, number>();
  #pending: Armed<OrderFault>[] = [];
  #holdMs = 0;

  constructor({ exchange }: { readonly exchange: () => Exchange }) {
    this.#exchange = exchange;
  }

  start(fault: OrderFault, board: FaultBoard): void {
    this.#pending = [...this.#pending.filter((armed) => armed.isLive()), board.arm(fault, { count: fault.count, forMs: null })];
  }

  beforeChange(order: SimOrder, command: 'cancel' | 'amend'): void {
    const fits = (fault: OfKind<'fill-before'>): boolean => fault.command === command && sizeOf(order, fault.part) > 0;
    const fault = this.#take('fill-before', order, fits);
    if (fault) this.#fill(order, fault.part);
  }

  afterPlace(order: SimOrder): void {
    const lag = this.#take('read-lag', order);
    if (lag) this.#hide(order.key, lag.ms);
    const early = this.#take('fill-before-ack', order, (fault) => sizeOf(order, fault.part) > 0);
    if (!early) return;
    this.#fill(order, early.part);
    this.#holdMs = early.holdMs;
  }

  hides({ key }: SimOrder): boolean {
    return this.#exchange().nowMs < (this.#hiddenUntilMs.get(key) ?? 0);
  }

  /** How long the answer to the command that was just applied is to be held back; asked once. */
  takeHoldMs(): number {
    const holdMs = this.#holdMs;
    this.#holdMs = 0;
    return holdMs;
  }

  /** Sends an event as often and as late as the faults want it: once and at once without any. */
  tell(event: UserEvent, send: (event: UserEvent) => void): void {
    if (event.kind !== 'order' && event.kind !== 'fill') {
      send(event);
      return;
    }
    const order = event.kind === 'order' ? event.order : event.trade.order;
    const execution = event.kind === 'order' ? event.execution : 'trade';
    const fits = (fault: OfKind<'withhold-event'>): boolean =>
      (fault.execution ?? execution) === execution && (fault.clientId ?? order.clientId) === order.clientId;
    // the notice of a fill goes the way of its order event, which comes after it and is the one that counts
    const held = event.kind === 'order' ? this.#take('withhold-event', order, fits) : this.#find('withhold-event', order, fits)?.fault;
    if (held) {
      if (held.ms !== null) this.#exchange().agenda.at(this.#exchange().nowMs + held.ms, () => send(event));
      return;
    }
    send(event);
    if (event.kind === 'order' && execution === 'trade' && this.#take('duplicate-trade', order)) send(event);
  }

  #fill(order: SimOrder, share: number): void {
    this.#exchange()
      .market(order.symbol)
      .takeFrom(order.key, lots(sizeOf(order, share)));
  }

  #hide(key: number, ms: number): void {
    this.#hiddenUntilMs.set(key, this.#exchange().nowMs + ms);
    if (this.#hiddenUntilMs.size > HIDDEN_MAX) this.#hiddenUntilMs.delete(this.#hiddenUntilMs.keys().next().value ?? key);
  }

  #find<K extends OrderFault['kind']>(kind: K, { symbol: name }: SimOrder, fits: (fault: OfKind<K>) => boolean = () => true) {
    for (const entry of this.#pending) {
      const fault = entry.fault as OfKind<K>;
      if (entry.isLive() && entry.fault.kind === kind && entry.fault.symbol === name && fits(fault)) return { entry, fault };
    }
    return null;
  }

  /** The oldest pending fault of that kind for this order, used up by one. */
  #take<K extends OrderFault['kind']>(kind: K, order: SimOrder, fits?: (fault: OfKind<K>) => boolean): OfKind<K> | null {
    const found = this.#find(kind, order, fits);
    if (!found) return null;
    found.entry.fire();
    return found.fault;
  }
}

/** Lots of that part of an order; zero when a true part of it is less than a lot. */
function sizeOf(order: SimOrder, share: number): number {
  const left = leftOf(order);
  return share === 1 ? left : Math.min(Math.floor(left * share), left - 1);
}
