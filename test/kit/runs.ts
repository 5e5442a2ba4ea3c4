/** Several runs on one market, turn by turn: strategies that do what a test tells them, and an exchange that does at once what is asked. */
import type { OrderCommand } from '../../brain/oms/working.ts';
import type { Run } from '../../brain/runs.ts';
import { type BrainState, initialState, type Settings, type Stepped, step } from '../../brain/step.ts';
import { lots, monoMs, wallMs } from '../../shared/units.ts';
import { formatPrice, formatSize } from '../../shared/instrument.ts';
import type { Strategy, SymbolView, WantedQuote, Wish } from '../../brain/strategy/strategy.ts';
import type { TradeNews } from '../../brain/news.ts';
import type { Documents } from '../../brain/view.ts';
import type { FillDoc, OrderDoc } from '../../shared/snapshot.ts';
import { documents, fillDoc, INSTRUMENT, LEASE, type Over, orderDoc, ordersDoc, positionDoc, px, qty, settings, turn } from './brain.ts';
import { id } from './orders.ts';

export const wish = (over: Partial<Wish> = {}): Wish => ({ quotes: [], target: null, reason: 'told', signals: {}, ...over });
export const quote = (side: 'buy' | 'sell', price: string, { size = '0.010', level = 0 } = {}): WantedQuote => ({
  ...{ side, price: px(price), size: qty(size), level },
});
export const to = (position: string, slippageBps = 10): Wish => wish({ target: { position: qty(position), slippageBps } });

/** Wants what it was last told; counts its decisions in its state, and keeps what it has seen. */
export class Puppet {
  wish: Wish = wish();
  error: Error | null = null;
  readonly seen: SymbolView[] = [];
  readonly strategy: Strategy<number>;

  constructor(name: string, over: Partial<Strategy<number>> = {}) {
    this.strategy = {
      name,
      role: 'custom',
      resume: { maxAgeMs: 60_000, read: (saved) => (typeof saved === 'number' ? saved : undefined) },
      initial: () => 0,
      decide: (view, state) => {
        this.seen.push(view);
        if (this.error) throw this.error;
        return { wish: { ...this.wish, signals: { decisions: state } }, state: state + 1 };
      },
      ...over,
    };
  }

  get last(): SymbolView {
    const view = this.seen.at(-1);
    if (!view) throw new Error('Cannot look: it was never asked');
    return view;
  }
}

export type Moment = Over & {
  /** Net, base units. */
  readonly position?: string;
  readonly fills?: readonly FillDoc[];
  readonly fillSeq?: number;
  readonly orders?: readonly OrderDoc[];
  readonly trades?: TradeNews;
  readonly mayTrade?: boolean;
};

/** A brain of these runs; `take` is one turn on the next snapshot. */
export class Desk {
  readonly settings: Settings;
  state: BrainState;
  #seq = 50;
  #fillSeq = 0;
  #counter = 1_000;

  constructor(runs: readonly Run[], over: Partial<Settings> = {}) {
    this.settings = settings(runs, over);
    this.state = initialState(this.settings);
  }

  take(moment: Moment = {}): Stepped {
    const { position = '0.000', fills = [], orders = [], trades = null, mayTrade = true } = moment;
    this.#fillSeq = moment.fillSeq ?? Math.max(this.#fillSeq, ...fills.map(({ n }) => n));
    const stamp = { epoch: 3, seq: ++this.#seq };
    const docs = {
      position: positionDoc({ ...stamp, size: position, entryPrice: Number(position) === 0 ? null : '60000' }),
      orders: ordersDoc(orders, stamp),
      trades,
      ...moment.docs,
    };
    const seen = documents({ ...moment, head: { ...stamp, fillSeq: this.#fillSeq, ...moment.head }, docs });
    return this.takeDocuments(seen, { fills, mayTrade });
  }

  takeDocuments(seen: Documents, { fills = [] as readonly FillDoc[], mayTrade = true } = {}): Stepped {
    const times = { now: monoMs(1_000 + 100 * this.#seq), nowMs: wallMs(1_700_000_000_000 + 100 * this.#seq) };
    const nextId = (role: Parameters<ReturnType<typeof turn>['nextId']>[0]): string => id(this.#counter++, { role, epoch: LEASE });
    const fresh = { ...seen, seenAt: times.now };
    const stepped = step(this.state, { settings: this.settings, turn: turn(fresh, { ...times, nextId, mayTrade, fills }) });
    this.state = stepped.state;
    return stepped;
  }

  /** Reasons by run on the symbol of the builders. */
  static reasons({ symbols }: Stepped): Record<string, string> {
    return Object.fromEntries((symbols[0]?.outcomes ?? []).map(({ run, reason }) => [run, reason]));
  }

  static commands({ symbols }: Stepped): readonly OrderCommand[] {
    return symbols[0]?.commands ?? [];
  }
}

let n = 0;
/** A fill of the run's own order. */
export const ownFill = (number: number, { run, size }: { readonly run: string; readonly size: string }): FillDoc =>
  fillDoc(number, {
    ...{ clientId: id(++n, { role: 'custom' }), role: 'custom', strategy: run },
    ...{ side: size.startsWith('-') ? 'sell' : 'buy', size: size.replace('-', '') },
  });

/** An order as the snapshot shows it once the exchange has done what a command asked. */
export function restingAfter(orders: readonly OrderDoc[], command: OrderCommand): readonly OrderDoc[] {
  const others = orders.filter(({ clientId }) => clientId !== command.clientId);
  if (command.kind === 'cancel') return others;
  const { clientId, strategy } = command;
  const terms = { price: formatPrice(INSTRUMENT, command.price), size: formatSize(INSTRUMENT, lots(command.size)) };
  const before = orders.find((order) => order.clientId === clientId);
  if (command.kind === 'amend') return before ? orders.map((order) => (order === before ? { ...before, ...terms } : order)) : orders;
  return [...others, orderDoc({ clientId, role: 'custom', side: command.side, ...terms, strategy })];
}
