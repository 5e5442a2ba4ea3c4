/**
 * Columns of the files that hold market data: the venue's public files (with their header or, as older ones, without), and ours with fewer
 * columns and a header. A line becomes one row; what is wrong with it is a sentence.
 */
import type { BarRow, RowKind, RowOf } from '../../shared/sim/market-rows.ts';

/** Names of one column; the first is the one we write. */
type Names = readonly [string, ...string[]];
type Column = { readonly names: Names; readonly optional?: true };
type Cells = Readonly<Record<string, string>>;
export type Shape<K extends RowKind> = {
  readonly kind: K;
  /** In the order of the files without a header. */
  readonly columns: readonly Column[];
  readonly parse: (cells: Cells, time: TimeReader) => RowOf<K> | string;
};
/** Milliseconds of a time cell; a sentence when it is none, or of another unit than the first one. */
export type TimeReader = (name: string, text: string) => number | string;

const column = (...names: Names): Column => ({ names });
const optional = (...names: Names): Column => ({ names, optional: true });

const DECIMAL = /^\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i;
const SIGNED = /^-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i;
const WHOLE = /^\d{1,16}$/;

export const SHAPES: { readonly [K in RowKind]: Shape<K> } = {
  bar: {
    kind: 'bar',
    columns: [
      ...[column('open_time'), column('open'), column('high'), column('low'), column('close'), optional('volume')],
      ...[optional('close_time'), optional('quote_volume', 'quote_asset_volume'), optional('count', 'number_of_trades')],
      ...[optional('taker_buy_volume', 'taker_buy_base_asset_volume'), optional('taker_buy_quote_volume', 'taker_buy_quote_asset_volume')],
      optional('ignore'),
    ],
    parse: barOf,
  },
  trade: {
    kind: 'trade',
    columns: [
      ...[column('agg_trade_id'), column('price'), column('quantity'), column('first_trade_id'), column('last_trade_id')],
      ...[column('transact_time'), column('is_buyer_maker')],
    ],
    parse: tradeOf,
  },
  best: {
    kind: 'best',
    columns: [
      ...[column('update_id'), column('best_bid_price'), column('best_bid_qty'), column('best_ask_price'), column('best_ask_qty')],
      ...[column('transaction_time'), column('event_time')],
    ],
    parse: bestOf,
  },
  band: {
    kind: 'band',
    columns: [column('timestamp'), column('percentage'), column('depth'), column('notional')],
    parse: bandOf,
  },
  funding: {
    kind: 'funding',
    columns: [...[column('calc_time', 'funding_time'), optional('funding_interval_hours'), column('last_funding_rate', 'funding_rate')]],
    parse: fundingOf,
  },
};

/** The header that we write for rows of that kind. */
export const headerOf = (kind: RowKind): string => SHAPES[kind].columns.map(({ names: [name] }) => name).join(',');

function barOf(cells: Cells, time: TimeReader): BarRow | string {
  const openMs = time('open_time', cells['open_time'] ?? '');
  if (typeof openMs === 'string') return openMs;
  const { open = '', high = '', low = '', close = '', volume = '0' } = cells; // a candle of the mark price has no volume
  if (!(isPlain(open) && isPlain(high) && isPlain(low) && isPlain(close) && isPlain(volume))) {
    const bad = badDecimal({ open, high, low, close, volume });
    if (bad !== null) return bad;
  }
  const [o, h, l, c] = [Number(open), Number(high), Number(low), Number(close)];
  if (l <= 0 || l > Math.min(o, c) || h < Math.max(o, c)) return `open ${open}, high ${high}, low ${low}, close ${close} are no bar`;
  const { close_time: closeText, count, quote_volume = null, taker_buy_volume = null, taker_buy_quote_volume = null } = cells;
  const told = closeText === undefined ? openMs : time('close_time', closeText);
  if (typeof told === 'string') return told;
  const closeMs = Math.floor(told);
  if (count !== undefined && !WHOLE.test(count)) return `count ${JSON.stringify(count)} is not a whole number`;
  return {
    kind: 'bar',
    openMs,
    closeMs,
    knownMs: closeMs + 1,
    open,
    high,
    low,
    close,
    volume,
    quoteVolume: quote_volume,
    trades: count === undefined ? null : Number(count),
    takerBuyVolume: taker_buy_volume,
    takerBuyQuoteVolume: taker_buy_quote_volume,
  };
}

function tradeOf(cells: Cells, time: TimeReader): RowOf<'trade'> | string {
  const { agg_trade_id: id = '', first_trade_id: first = '', last_trade_id: last = '', price = '', quantity: size = '' } = cells;
  const knownMs = time('transact_time', cells['transact_time'] ?? '');
  if (typeof knownMs === 'string') return knownMs;
  const bad = badDecimal({ price, quantity: size }) ?? badWhole({ agg_trade_id: id, first_trade_id: first, last_trade_id: last });
  if (bad !== null) return bad;
  const maker = (cells['is_buyer_maker'] ?? '').toLowerCase();
  if (maker !== 'true' && maker !== 'false') return `is_buyer_maker ${JSON.stringify(maker)} is neither true nor false`;
  if (Number(last) < Number(first)) return `last_trade_id ${last} is below first_trade_id ${first}`;
  const ids = { id: Number(id), firstId: Number(first), lastId: Number(last) };
  return { kind: 'trade', knownMs, price, size, ...ids, buyerIsMaker: maker === 'true' };
}

function bestOf(cells: Cells, time: TimeReader): RowOf<'best'> | string {
  const { update_id: id = '', best_bid_price: bid = '', best_bid_qty: bidSize = '' } = cells;
  const { best_ask_price: ask = '', best_ask_qty: askSize = '' } = cells;
  const knownMs = time('event_time', cells['event_time'] ?? '');
  if (typeof knownMs === 'string') return knownMs;
  const bad = badDecimal({ best_bid_price: bid, best_bid_qty: bidSize, best_ask_price: ask, best_ask_qty: askSize });
  if (bad !== null) return bad;
  const wrong = badWhole({ update_id: id });
  return wrong ?? { kind: 'best', knownMs, updateId: Number(id), bid, bidSize, ask, askSize };
}

/** Their time is text, `2024-01-31 00:00:08`, UTC. */
function bandOf({ timestamp = '', percentage = '', depth = '', notional = '' }: Cells): RowOf<'band'> | string {
  const knownMs = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(timestamp) ? Date.parse(`${timestamp.replace(' ', 'T')}Z`) : Number.NaN;
  if (Number.isNaN(knownMs)) return `timestamp ${JSON.stringify(timestamp)} is not as "2024-01-31 00:00:08"`;
  if (!SIGNED.test(percentage)) return `percentage ${JSON.stringify(percentage)} is not a decimal number`;
  return badDecimal({ depth, notional }) ?? { kind: 'band', knownMs, percentage, depth, notional };
}

function fundingOf(cells: Cells, time: TimeReader): RowOf<'funding'> | string {
  const knownMs = time('calc_time', cells['calc_time'] ?? '');
  if (typeof knownMs === 'string') return knownMs;
  const rate = cells['last_funding_rate'] ?? '';
  return SIGNED.test(rate) ? { kind: 'funding', knownMs, rate } : `last_funding_rate ${JSON.stringify(rate)} is not a decimal number`;
}

/** Tries the plain form by hand: most of the time of a reading would go into the pattern. */
function badDecimal(cells: Cells): string | null {
  for (const name in cells)
    if (!isPlain(cells[name] ?? '') && !DECIMAL.test(cells[name] ?? ''))
      return `${name} ${JSON.stringify(cells[name])} is not a decimal number`;
  return null;
}

function badWhole(cells: Cells): string | null {
  for (const name in cells)
    if (!WHOLE.test(cells[name] ?? '') || !Number.isSafeInteger(Number(cells[name])))
      return `${name} ${JSON.stringify(cells[name])} is not a whole number`;
  return null;
}

/** Digits with at most one point between them. */
function isPlain(text: string): boolean {
  let points = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) continue;
    if (code !== 46 || ++points > 1 || i === 0 || i === text.length - 1) return false;
  }
  return text.length > 0;
}
