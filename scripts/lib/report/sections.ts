/** Tables of the page. Pure. */
import type { BacktestResult, FillRow, OrderCounts } from '../backtest/result.ts';
import { amount, percent, span, time } from './figures.ts';
import { type Html, html } from './html.ts';
import type { GroupRow } from './tables.ts';

type Cell = string | number;
type Sheet = {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly note?: string;
  /** All columns but the first hold figures, whatever they look like. */
  readonly figures?: boolean;
};

/** Left-aligned are texts, right-aligned what is a number or looks like one. Nothing at all without rows. */
export function sheet({ title, columns, rows, note, figures = false }: Sheet): Html {
  if (rows.length === 0) return html``;
  const aligned = (cell: Cell, n: number): boolean => (figures ? n > 0 : numeric(cell));
  const line = (cells: readonly Cell[]): Html =>
    html`<tr>${cells.map((cell, n) => (aligned(cell, n) ? html`<td class="n">${cell}</td>` : html`<td>${cell}</td>`))}</tr>`;
  const right = (n: number): boolean => aligned(rows[0]?.[n] ?? '', n);
  return html`<section class="sheet"><h2>${title}</h2>${note ? html`<p class="what">${note}</p>` : html``}<div class="scroll"><table>
<thead><tr>${columns.map((name, n) => (right(n) ? html`<th class="n">${name}</th>` : html`<th>${name}</th>`))}</tr></thead><tbody>${rows.map(line)}</tbody></table></div></section>`;
}

const numeric = (cell: Cell): boolean => typeof cell === 'number' || /^-?[\d,]+(\.\d+)?( %| bps.*)?$/.test(cell) || cell === '–';

export const groupTable = (title: string, rows: readonly GroupRow[]): Html =>
  sheet({
    title,
    columns: ['', 'fills', 'notional', 'maker', 'realized', 'fees', 'net'],
    rows: rows.map(({ group, fills, notional, makerShare, realized, fees, net }) => [
      `${group} `,
      fills,
      amount(notional),
      percent(makerShare, 1),
      amount(realized, 4),
      amount(fees, 4),
      amount(net, 4),
    ]),
  });

export const ordersTable = (orders: OrderCounts): Html =>
  sheet({
    title: 'Orders',
    columns: ['', 'count'],
    rows: Object.entries(orders)
      .flatMap(([name, count]) =>
        typeof count === 'number'
          ? [[words(name), count] as const]
          : Object.entries(count).map(([code, n]) => [`${words(name)}: ${code}`, n] as const),
      )
      .filter(([, count]) => count > 0),
  });

/** 'postOnlyRejected' is 'post only rejected'. */
const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

export const exitsTable = (exits: BacktestResult['exits']): Html =>
  sheet({
    title: 'Hard exits',
    columns: ['time', 'symbol', 'rule', 'price'],
    rows: exits.map(({ atMs, symbol, rule, price }) => [time(atMs), symbol, rule, price]),
  });

export const liquidationsTable = (rows: BacktestResult['liquidations']): Html =>
  sheet({
    title: 'Liquidations',
    columns: ['time', 'symbol', 'side', 'size', 'average price', 'insurance'],
    rows: rows.map(({ atMs, symbol, side, size, averagePrice, insurance }) => [time(atMs), symbol, side, size, averagePrice, insurance]),
  });

export const gapsTable = (gaps: BacktestResult['gaps']): Html =>
  sheet({
    title: 'Gaps in the data',
    columns: ['symbol', 'from', 'to', 'length', 'what'],
    rows: gaps.map(({ symbol, fromMs, toMs, what }) => [symbol, time(fromMs), time(toMs), span(toMs - fromMs), what]),
  });

export const tradesTable = (fills: readonly FillRow[], all: number): Html =>
  sheet({
    title: 'Trades',
    note: fills.length < all ? `the last ${fills.length} of ${all}; all are in the CSV` : '',
    columns: ['time', 'symbol', 'side', 'price', 'size', '', 'fee', 'realized', 'position', 'strategy', 'reason'],
    rows: fills.map((f) => [
      time(f.atMs),
      f.symbol,
      f.side,
      f.price,
      f.size,
      f.maker ? 'maker' : 'taker',
      f.fee,
      f.realized,
      f.position,
      f.strategy,
      f.reason,
    ]),
  });

export const assumptionsTable = (assumptions: Readonly<Record<string, string>>): Html =>
  sheet({ title: 'What was assumed', columns: ['', ''], rows: Object.entries(assumptions).map(([name, text]) => [name, `${text} `]) });
