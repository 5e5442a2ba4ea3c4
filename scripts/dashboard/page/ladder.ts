/// <reference lib="dom" />
/** The order book with own quotes in it, and what stands before them. */
import type { OrdersView, Sections } from '../model.ts';
import { fillTable, part, type Row, setText } from './dom.ts';
import { grouped, plain, stepped } from './format.ts';
import type { Panel } from './panel.ts';

const LEVELS = 11;
const RESTS = new Set(['open', 'partially-filled', 'amending', 'canceling']);

type Own = { readonly size: number; readonly ahead: string };
type Level = { readonly price: number; readonly text: string; readonly size: string | null; readonly own: Own | null };
type Side = 'buy' | 'sell';

/** Best first: what is published, with the own quotes that stand beyond or between. Pure. */
export function levelsOf(
  levels: readonly (readonly [string, string])[],
  { orders, side }: { orders: OrdersView | null; side: Side },
): readonly Level[] {
  const own = ownBy(orders, side);
  const seen = levels.slice(0, LEVELS).map(([text, size]) => ({ price: Number(text), text, size, own: own.get(Number(text)) ?? null }));
  const shown = new Set(seen.map(({ price }) => price));
  const sizes = new Map(levels.map(([text, size]) => [Number(text), size]));
  const hidden = [...own].flatMap(([price, one]) =>
    shown.has(price) ? [] : [{ price, text: one.text, size: sizes.get(price) ?? null, own: one }],
  );
  return [...seen, ...hidden].toSorted((a, b) => (side === 'buy' ? b.price - a.price : a.price - b.price));
}

function ownBy(orders: OrdersView | null, side: Side): Map<number, Own & { readonly text: string }> {
  const own = new Map<number, Own & { readonly text: string }>();
  for (const order of orders?.known ? orders.orders : []) {
    if (order.side !== side || order.price === null || order.role === 'foreign' || !RESTS.has(order.status)) continue;
    const place = orders?.queue.find(({ clientId }) => clientId === order.clientId);
    const before = own.get(Number(order.price));
    const ahead = before?.ahead ?? (place ? `${place.atMost ? '≤' : '≈'}${plain(place.ahead)}` : '');
    own.set(Number(order.price), { text: order.price, size: (before?.size ?? 0) + Number(order.size) - Number(order.filled), ahead });
  }
  return own;
}

type Units = { readonly tick: string | undefined; readonly step: string | undefined };

function rowsOf(levels: readonly Level[], { side, tick, step }: Units & { readonly side: Side }): readonly Row[] {
  const most = levels.reduce((sum, { size }) => sum + Number(size ?? 0), 0);
  let sum = 0;
  return levels.map(({ text, size, own }) => {
    sum += Number(size ?? 0);
    const tone = side === 'buy' ? 'buy' : 'sell';
    return {
      tone: `${side === 'buy' ? 'bid' : 'ask'}${own ? ' own' : ''}`,
      bar: most > 0 ? (sum / most) * 100 : 0,
      cells: [
        { text: own ? plain(own.size.toFixed(8)) : '', tone },
        {
          text: own ? own.ahead || '?' : '',
          tone: 'dim',
          title: own && !own.ahead ? 'unknown: beyond the levels that the gateway publishes' : '',
        },
        { text: stepped(text, tick), tone },
        size === null ? { text: '–', title: 'beyond the levels that the gateway publishes' } : stepped(size, step),
        { text: size === null ? '' : stepped(String(sum), step), tone: 'dim' },
      ],
    };
  });
}

export const ladder: Panel = {
  id: 'p-ladder',
  needs: ['book', 'orders', 'instrument'],
  draw: (view) => {
    const [book, orders, instrument] = [view.get('book') ?? null, view.get('orders') ?? null, view.get('instrument') ?? null];
    const body = part('p-ladder', 'tbody');
    setText(part('p-ladder', 'small'), noteOf(book, instrument));
    if (!book) return fillTable(body, { rows: [], columns: 5, none: 'unknown' });
    const units = { tick: instrument?.tickSize, step: instrument?.stepSize };
    const asks = rowsOf(levelsOf(book.asks, { orders, side: 'sell' }), { side: 'sell', ...units });
    const bids = rowsOf(levelsOf(book.bids, { orders, side: 'buy' }), { side: 'buy', ...units });
    fillTable(body, { rows: [...asks.toReversed(), middleOf(book, units), ...bids], columns: 5 });
    const middle = body.children[asks.length]?.firstElementChild;
    if (middle instanceof HTMLTableCellElement) middle.colSpan = 5;
  },
};

function middleOf({ bids, asks }: NonNullable<Sections['book']>, { tick }: Units): Row {
  const [bid, ask] = [Number(bids[0]?.[0] ?? Number.NaN), Number(asks[0]?.[0] ?? Number.NaN)];
  const mid = (bid + ask) / 2;
  const places = (tick === undefined ? 2 : (plain(tick).split('.')[1]?.length ?? 0)) + 1;
  const text = Number.isNaN(mid)
    ? 'one side is empty'
    : `mid ${grouped(mid, places)}   spread ${(((ask - bid) / mid) * 10_000).toFixed(2)} bps`;
  return { tone: 'middle', cells: [text] };
}

const noteOf = (book: Sections['book'] | null, instrument: Sections['instrument']): string =>
  [book?.status ?? '', instrument ? `${instrument.quoteAsset}, sizes in ${instrument.baseAsset}` : ''].filter(Boolean).join(' · ');
