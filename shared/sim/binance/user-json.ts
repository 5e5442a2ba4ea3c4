/** User data events as the private stream sends them (Binance USD-M docs, user data streams; reference sheet 2026-11, section 8). */
import { formatPrice, formatSize, type Instrument } from '../../instrument.ts';
import { formatAtoms } from '../../units.ts';
import type { Execution, UserEvent } from '../exchange-events.ts';
import { accountUpdate, type InstrumentOf, marginCall } from './account-event-json.ts';
import { bigId } from './json.ts';
import { algoUpdate } from './algo-json.ts';
import { averagePrice } from './order-json.ts';
import { expiryWord, positionSideWord, priceMatchWord, selfTradeWord, sideWord, statusWord, timeWord, typeWord } from './words.ts';

type OfKind<K extends UserEvent['kind']> = Extract<UserEvent, { kind: K }>;

const EXECUTION_WORDS: Readonly<Record<Execution, string>> = {
  new: 'NEW',
  trade: 'TRADE',
  canceled: 'CANCELED',
  expired: 'EXPIRED',
  amended: 'AMENDMENT',
};

/** The message text; its `e` is what a client may filter by. */
export function userMessage(instrumentOf: InstrumentOf, event: UserEvent): { readonly name: string; readonly text: string } {
  const body = bodyOf(instrumentOf, event);
  return { name: body.e, text: JSON.stringify(body) };
}

function bodyOf(instrumentOf: InstrumentOf, event: UserEvent): { readonly e: string } & Record<string, unknown> {
  switch (event.kind) {
    case 'fill':
      return fillNotice(instrumentOf(event.trade.order.symbol), event);
    case 'order':
      return orderUpdate(instrumentOf(event.order.symbol), event);
    case 'account':
      return { e: 'ACCOUNT_UPDATE', ...times(event), a: accountUpdate(instrumentOf, event) };
    case 'margin-call':
      return { e: 'MARGIN_CALL', E: Math.floor(event.atMs), ...marginCall(instrumentOf, event) };
    case 'algo':
      return { e: 'ALGO_UPDATE', ...times(event), o: algoUpdate(instrumentOf(event.order.symbol), event.order) };
    case 'leverage':
      return { e: 'ACCOUNT_CONFIG_UPDATE', ...times(event), ac: { s: event.symbol, l: event.leverage } };
    case 'asset-mode':
      return { e: 'ACCOUNT_CONFIG_UPDATE', ...times(event), ai: { j: event.multiAssets } };
    default:
      throw new Error(`Cannot write event: ${JSON.stringify(event satisfies never)}`);
  }
}

const times = ({ atMs }: UserEvent): { readonly E: number; readonly T: number } => ({ E: Math.floor(atMs), T: Math.floor(atMs) });

function fillNotice(instrument: Instrument, event: OfKind<'fill'>): { readonly e: string } & Record<string, unknown> {
  const { trade } = event;
  return {
    e: 'TRADE_LITE',
    ...times(event),
    s: trade.order.symbol,
    q: formatSize(instrument, trade.order.size),
    p: formatPrice(instrument, trade.order.price),
    m: trade.maker,
    c: trade.order.clientId,
    S: sideWord(trade.order.side),
    L: formatPrice(instrument, trade.price),
    l: formatSize(instrument, trade.size),
    t: trade.id,
    i: bigId(trade.order.id),
  };
}

/** What the venue closes by force shows NEW throughout, its fills as CALCULATED (reference sheet 2026-11, section 8.2). */
function orderUpdate(instrument: Instrument, event: OfKind<'order'>): { readonly e: string } & Record<string, unknown> {
  const { order, trade } = event;
  return {
    e: 'ORDER_TRADE_UPDATE',
    ...times(event),
    o: {
      s: order.symbol,
      c: order.clientId,
      S: sideWord(order.side),
      o: order.forced ? 'LIQUIDATION' : typeWord(order),
      f: timeWord(order),
      q: formatSize(instrument, order.size),
      p: formatPrice(instrument, order.price),
      ap: formatAtoms(averagePrice(instrument, order)),
      sp: '0',
      x: order.forced && trade ? 'CALCULATED' : EXECUTION_WORDS[event.execution],
      X: order.forced ? 'NEW' : statusWord(order),
      i: bigId(order.id),
      ...(event.modifyId === null ? {} : { M: event.modifyId }),
      l: trade ? formatSize(instrument, trade.size) : '0',
      z: order.filled === 0 ? '0' : formatSize(instrument, order.filled),
      L: trade ? formatPrice(instrument, trade.price) : '0',
      n: trade ? formatAtoms(trade.fee) : '0',
      N: instrument.quoteAsset,
      T: Math.floor(event.atMs),
      t: trade?.id ?? 0,
      b: formatAtoms(event.bids),
      a: formatAtoms(event.asks),
      m: trade?.maker ?? false,
      R: order.reduceOnly,
      wt: 'CONTRACT_PRICE',
      ot: order.forced ? 'LIQUIDATION' : typeWord(order),
      ps: positionSideWord(order.positionSide),
      cp: false,
      rp: trade ? formatAtoms(trade.realized) : '0',
      pP: false,
      si: 0,
      ss: 0,
      V: selfTradeWord(order),
      pm: priceMatchWord(order),
      gtd: order.goodTillMs ?? 0,
      er: expiryWord(order),
    },
  };
}

export const listenKeyExpired = (listenKey: string, atMs: number): string =>
  JSON.stringify({ e: 'listenKeyExpired', E: Math.floor(atMs), listenKey });
