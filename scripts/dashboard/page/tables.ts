/// <reference lib="dom" />
/** Orders with their age, fills, symbols, balances. */
import { type Cell, fillTable, part, type Row, setText } from './dom.ts';
import { age, clock, money, plain, signed, stepped, toneOf, UNKNOWN } from './format.ts';
import type { Panel } from './panel.ts';

const FILLS = 100;
const ENDED = new Set(['filled', 'canceled', 'expired', 'rejected']);

export const orders: Panel = {
  id: 'p-orders',
  needs: ['orders', 'instrument'],
  draw: (view) => {
    const [known, instrument] = [view.get('orders') ?? null, view.get('instrument')];
    const open = known?.orders.filter(({ status }) => !ENDED.has(status)) ?? [];
    setText(part('p-orders', 'small'), known?.known ? `${open.length} open, those of the last 5 s below` : '');
    const ahead = new Map(known?.queue.map(({ clientId, ahead: size, atMost }) => [clientId, `${atMost ? '≤' : '≈'} ${plain(size)}`]));
    const rank = (status: string): number => (ENDED.has(status) ? 1 : 0);
    const rows = (known?.known ? known.orders : [])
      .toSorted((a, b) => rank(a.status) - rank(b.status) || Number(b.price) - Number(a.price))
      .map((order): Row => {
        const wants = order.amendTo ? ` → ${stepped(order.amendTo.price, instrument?.tickSize)}` : '';
        return {
          tone: ENDED.has(order.status) ? 'dim' : '',
          cells: [
            { text: `${order.side}${order.reduceOnly ? ' reduce-only' : ''}`, tone: order.side },
            order.price === null ? 'market' : stepped(order.price, instrument?.tickSize) + wants,
            stepped(order.size, instrument?.stepSize),
            stepped(order.filled, instrument?.stepSize),
            { text: order.status, tone: order.status === 'unknown' ? 'warn-text' : '', title: order.reason },
            age(order.ageMs),
            ENDED.has(order.status) ? '' : (ahead.get(order.clientId) ?? ''),
            String(order.amends ?? ''),
            order.role + (order.tag ? ` ${order.tag}` : ''),
            { text: `…${order.clientId.slice(-6)}`, tone: 'dim', title: `mm why ${order.clientId}` },
          ],
        };
      });
    fillTable(part('p-orders', 'tbody'), { rows, columns: 10, none: known?.known ? 'no order' : UNKNOWN });
  },
};

export const fills: Panel = {
  id: 'p-fills',
  needs: ['fills', 'instrument', 'head'],
  draw: (view) => {
    const instrument = view.get('instrument');
    const own = view.log('fills').filter(({ symbol }) => symbol === view.symbol);
    const newest = own.toSorted((a, b) => b.n - a.n).slice(0, FILLS);
    setText(part('p-fills', 'small'), own.length === 0 ? '' : `the newest ${newest.length}`);
    const rows = newest.map(
      ({ wallMs, side, size, price, maker, fee, feeAsset, realizedPnl, role, strategy }): Row => ({
        cells: [
          clock(wallMs),
          { text: side, tone: side },
          stepped(size, instrument?.stepSize),
          stepped(price, instrument?.tickSize),
          maker ? 'maker' : 'taker',
          fee === null ? { text: UNKNOWN, tone: 'dim', title: 'the exchange tells it a moment later' } : `${plain(fee)} ${feeAsset ?? ''}`,
          realizedPnl === null ? { text: UNKNOWN, tone: 'dim' } : moneyCell(realizedPnl),
          { text: strategy ?? role, tone: 'dim' },
        ],
      }),
    );
    fillTable(part('p-fills', 'tbody'), { rows, columns: 8, none: view.get('head') ? 'no fill yet' : UNKNOWN });
  },
};

export const moneyCell = (text: string | null | undefined): Cell => ({ text: money(text), tone: toneOf(text) });

export const symbolRows: Panel = {
  id: 'p-rows',
  needs: ['rows'],
  draw: (view) => {
    const rows = (view.get('rows') ?? []).map(
      ({ symbol, position, unrealized, openOrders, book }): Row => ({
        key: symbol,
        tone: symbol === view.symbol ? 'here' : '',
        cells: [
          symbol,
          { text: signed(position), tone: toneOf(position) },
          moneyCell(unrealized),
          openOrders === null ? UNKNOWN : String(openOrders),
          { text: book ?? UNKNOWN, tone: book === 'live' ? 'dim' : 'warn-text' },
        ],
      }),
    );
    fillTable(part('p-rows', 'tbody'), { rows, columns: 5, none: UNKNOWN });
  },
};

export const balance: Panel = {
  id: 'p-balance',
  needs: ['balance'],
  draw: (view) => {
    const known = view.get('balance');
    const rows = (known?.known ? known.assets : []).map(({ asset, wallet, available, unrealized }) => ({
      cells: [asset, stepped(wallet, '0.01'), stepped(available, '0.01'), moneyCell(unrealized)],
    }));
    fillTable(part('p-balance', 'tbody'), { rows, columns: 4, none: known?.known ? 'no asset' : UNKNOWN });
  },
};
