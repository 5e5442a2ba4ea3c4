/** A venue and a gateway as the OMS sees them: commands arrive after some turns, snapshots show what has arrived. */
import { EMPTY_OMS, look, type OmsState } from '../../brain/oms/notes.ts';
import { commandsOf, letLeave, type OmsRules, steer } from '../../brain/oms/oms.ts';
import type { Margin } from '../../brain/oms/room.ts';
import {
  type OrderCommand,
  openLots,
  type Pending,
  sentOrder,
  stillPending,
  type WorkingOrder,
  workingOrders,
} from '../../brain/oms/working.ts';
import type { WantedQuote } from '../../brain/strategy/strategy.ts';
import { hasEnded } from '../../shared/order.ts';
import { lots, monoMs } from '../../shared/units.ts';
import { header, INSTRUMENT, LEASE, SYMBOL } from './brain.ts';
import { id } from './orders.ts';

export const TURN_MS = 100;
const WALL_MS = 1_700_000_000_000;
export const RULES: OmsRules = {
  tolerance: { priceBps: 0, sizeUnder: 0.5, sizeOver: 0 },
  settle: { snapshots: 1, tickMs: TURN_MS, farFactor: 1 },
  ration: { perSecond: 1_000, burst: 1_000 },
};

export type ModelOptions = {
  readonly rules?: Partial<OmsRules>;
  /** Turns until the n-th command arrives. */
  readonly delay?: (n: number) => number;
  readonly amendsMost?: number;
  readonly margin?: Margin | null;
  /** Apart from each other; default: as far as the gateway's ticks. */
  readonly turnMs?: number;
  readonly start?: readonly WorkingOrder[];
};
export type ModelTurn = {
  readonly commands: readonly OrderCommand[];
  readonly ask: readonly string[];
  /** As the OMS saw them, before and after its commands. */
  readonly before: readonly WorkingOrder[];
  readonly after: readonly WorkingOrder[];
};

export class OmsModel {
  oms: OmsState = EMPTY_OMS;
  readonly rules: OmsRules;
  readonly orders: Map<string, WorkingOrder>;
  /** Left out of every snapshot from now on. */
  readonly hidden = new Set<string>();
  readonly #options: ModelOptions;
  #pending: readonly Pending[] = [];
  #queue: { readonly at: number; readonly command: OrderCommand }[] = [];
  #turn = 0;
  #sent = 0;
  #ids = 1_000;

  constructor(options: ModelOptions = {}) {
    this.#options = options;
    this.rules = { ...RULES, ...options.rules };
    this.orders = new Map((options.start ?? []).map((order) => [order.clientId, order]));
  }

  get now() {
    return monoMs(this.#turn * (this.#options.turnMs ?? TURN_MS));
  }

  /** Orders that rest or may rest. */
  get live(): WorkingOrder[] {
    return [...this.orders.values()].filter(({ status }) => !hasEnded(status));
  }

  turn(wanted: readonly WantedQuote[]): ModelTurn {
    this.#turn++;
    this.#arrive();
    const { now } = this;
    this.#pending = stillPending({ pending: this.#pending, seq: this.#turn, lease: LEASE, now, ttlMs: 500 });
    const shown = [...this.orders.values()].filter(({ clientId }) => !this.hidden.has(clientId));
    const looked = look(this.oms, { shown, pending: this.#pending, lease: LEASE, now });
    const before = workingOrders({ orders: [...shown, ...looked.vanished], pending: this.#pending });
    const room = { instrument: INSTRUMENT, position: lots(0), working: before, margin: this.#options.margin ?? null };
    const top = header({ amends: { most: this.#options.amendsMost ?? 10_000, shrinkKeepsPlace: false }, wallMs: WALL_MS + now });
    const steered = steer(looked.oms, { wanted, own: before, room, header: top, rules: this.rules, now });
    const nextId = (): string => id(this.#ids++, { epoch: LEASE });
    const named = commandsOf(steered.actions, { symbol: SYMBOL, role: 'quote', strategy: 'mm', reason: 'model', nextId });
    const { oms, commands } = letLeave(steered.oms, { named, rules: this.rules, header: top, now });
    this.oms = oms;
    this.#send(commands);
    const after = workingOrders({ orders: [...shown, ...looked.vanished], pending: this.#pending });
    return { commands, ask: looked.ask, before, after };
  }

  /** A command of that id never takes effect: what became of the order has been told already. */
  cancelled(clientId: string): void {
    this.#queue = this.#queue.filter(({ command }) => command.clientId !== clientId);
    this.#pending = this.#pending.filter(({ command }) => command.clientId !== clientId);
  }

  #send(commands: readonly OrderCommand[]): void {
    for (const command of commands) {
      const at = this.#turn + 1 + (this.#options.delay?.(this.#sent++) ?? 0);
      this.#queue.push({ at, command });
      this.#pending = [...this.#pending, { command, role: 'quote', sentAt: this.now, visibleFrom: at }];
    }
  }

  /** What the venue makes of it: an order that is there no more is left alone. */
  #arrive(): void {
    for (const { command } of this.#queue.filter(({ at }) => at <= this.#turn)) {
      const order = this.orders.get(command.clientId);
      if (command.kind === 'place') this.orders.set(command.clientId, { ...sentOrder(command, 'quote'), status: 'open', reason: '' });
      else if (!order || hasEnded(order.status)) continue;
      else if (command.kind === 'cancel') this.orders.set(order.clientId, { ...order, status: 'canceled' });
      else this.orders.set(order.clientId, { ...order, price: command.price, size: command.size });
    }
    this.#queue = this.#queue.filter(({ at }) => at > this.#turn);
  }
}

export const openOn = (orders: readonly WorkingOrder[], side: WorkingOrder['side']): number =>
  orders.reduce((sum, order) => sum + (order.side === side ? openLots(order) : 0), 0);
