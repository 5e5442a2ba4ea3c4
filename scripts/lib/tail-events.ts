/** What happened between two looks at the state in Redis: orders, and what each run decided. Pure: two states in, events out. */
import type { RunDoc } from '../../shared/brain-doc.ts';
import { hasEnded } from '../../shared/order.ts';
import type { FillDoc, OrderDoc } from '../../shared/snapshot.ts';
import { trimDecimal } from '../../shared/units.ts';
import type { State } from './state.ts';

export const TAIL_KINDS = ['decision', 'order', 'fill', 'mode'] as const;
export type TailKind = (typeof TAIL_KINDS)[number];
export type TailEvent = {
  /** Venue-aligned wall time of the snapshot in which it was seen; of a fill the exchange's own. */
  readonly atMs: number;
  readonly kind: TailKind;
  readonly symbol: string | null;
  /** Run of a strategy; null where nobody said. */
  readonly run: string | null;
  readonly what: string;
  readonly clientId?: string;
};
export type TailFilter = { readonly symbol: string | null; readonly run: string | null; readonly kinds: ReadonlySet<TailKind> };

export const passes = ({ symbol, run, kinds }: TailFilter, event: TailEvent): boolean =>
  kinds.has(event.kind) && (symbol === null || event.symbol === symbol) && (run === null || event.run === run);

/** `before` null: the first look, which tells what is there. */
export function eventsBetween(before: State | null, after: State): readonly TailEvent[] {
  const atMs = after.header?.wallMs ?? before?.header?.wallMs ?? 0;
  return [...modeEvents(before, after), ...orderEvents(before, after), ...decisionEvents(before, after)].map((event) => ({
    atMs,
    ...event,
  }));
}

type Untimed = Omit<TailEvent, 'atMs'>;

function modeEvents(before: State | null, { header }: State): readonly Untimed[] {
  const tell = (what: string): readonly Untimed[] => [{ kind: 'mode', symbol: null, run: null, what }];
  if (header === null) return before === null || before.header !== null ? tell('no snapshot: the gateway is silent') : [];
  const words = ({ mode, reasons }: NonNullable<State['header']>): string => [mode, ...reasons].join(' ');
  return before?.header && words(before.header) === words(header) ? [] : tell(words(header));
}

/** Unknown orders are no news: the mode tells. */
function orderEvents(before: State | null, after: State): readonly Untimed[] {
  return after.symbols.flatMap(({ symbol, orders }) => {
    if (!orders?.known) return [];
    const known = before?.symbols.find((one) => one.symbol === symbol)?.orders;
    const earlier = new Map((known?.known ? known.orders : []).map((order) => [order.clientId, order]));
    return orders.orders.flatMap((order) => orderEvent(earlier.get(order.clientId), order, symbol));
  });
}

function orderEvent(before: OrderDoc | undefined, order: OrderDoc, symbol: string): readonly Untimed[] {
  const what = before === undefined ? newOrder(order) : changed(before, order);
  return what === null ? [] : [{ kind: 'order', symbol, run: order.strategy ?? null, what, clientId: order.clientId }];
}

const at = ({ side, size, price }: OrderDoc): string => `${side} ${trimDecimal(size)} at ${price ?? 'market'}`;
const ending = ({ status, filled, reason }: OrderDoc): string =>
  `${status}${Number(filled) > 0 && status !== 'filled' ? `, ${trimDecimal(filled)} filled` : ''}${reason === '' ? '' : ` (${reason})`}`;

const newOrder = (order: OrderDoc): string => `${at(order)} ${hasEnded(order.status) ? ending(order) : order.status}`;

function changed(before: OrderDoc, order: OrderDoc): string | null {
  if (hasEnded(before.status)) return null;
  const moved = before.price !== order.price || before.size !== order.size;
  const filled = before.filled !== order.filled;
  const steps = [
    ...(moved ? [`-> ${trimDecimal(order.size)} at ${order.price ?? 'market'}`] : []),
    ...(filled && !hasEnded(order.status) ? [`${trimDecimal(order.filled)} filled`] : []),
    ...(before.status === order.status ? [] : [ending(order)]),
  ];
  return steps.length === 0 ? null : `${at(before)} ${steps.join(', ')}`;
}

function decisionEvents(before: State | null, { brain }: State): readonly Untimed[] {
  const told = (run: RunDoc): string => {
    const quotes = run.quotes.map(({ side, price, size }) => `${side} ${trimDecimal(size)} at ${price}`);
    return [run.reason, ...(quotes.length > 0 ? [`wants ${quotes.join(', ')}`] : [])].join(': ');
  };
  return (brain?.runs ?? []).flatMap((run): readonly Untimed[] => {
    const earlier = before?.brain?.runs?.find((one) => one.run === run.run && one.symbol === run.symbol);
    const what = told(run);
    return earlier && told(earlier) === what ? [] : [{ kind: 'decision', symbol: run.symbol, run: run.run, what }];
  });
}

export function fillEvent({ wallMs, symbol, strategy, side, size, price, maker, fee, feeAsset, clientId }: FillDoc): TailEvent {
  const paid = fee === null ? 'fee unknown' : `fee ${trimDecimal(fee)} ${feeAsset ?? ''}`.trimEnd();
  const what = `${side} ${trimDecimal(size)} at ${price} ${maker ? 'maker' : 'taker'}, ${paid}`;
  return { atMs: wallMs, kind: 'fill', symbol, run: strategy ?? null, what, clientId };
}

const SYMBOL_COLUMNS = 9;
const KIND_COLUMNS = 8;

/** UTC; the last digits of an id tell orders apart. */
export function tailLine({ atMs, kind, symbol, what, clientId }: TailEvent): string {
  const time = new Date(atMs).toISOString().slice(11, 23);
  const id = clientId === undefined ? '' : `  …${clientId.slice(-6)}`;
  return `${time}  ${(symbol ?? '').padEnd(SYMBOL_COLUMNS)} ${kind.padEnd(KIND_COLUMNS)}  ${what}${id}`;
}
