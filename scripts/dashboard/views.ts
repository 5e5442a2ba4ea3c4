/** From the documents of gateway and brain to the sections of the page. Pure: what is not known is null, never a zero. */
import { refusedAlone } from '../../shared/config-live.ts';
import type { BrainDoc } from '../../shared/brain-doc.ts';
import { hasEnded } from '../../shared/order.ts';
import { explain } from '../../shared/reasons.ts';
import type { Header } from '../../shared/snapshot.ts';
import type { State, SymbolState } from '../lib/state.ts';
import type { BrainView, EquityPoint, Head, SymbolRow, WhyEntry } from './model.ts';

/** Without the numbers that every document carries: what else is the same is not sent again. */
export function unstamped<T extends { readonly epoch: number; readonly seq: number }>(document: T | null): Omit<T, 'epoch' | 'seq'> | null {
  if (document === null) return null;
  const { epoch: _, seq: __, ...rest } = document;
  return rest;
}

export function headView(header: Header | null): Head | null {
  if (header === null) return null;
  const { seq: _, wallMs: __, symbols: ___, ...rest } = header;
  return rest;
}

export function rowView({ symbol, book, position, orders }: SymbolState): SymbolRow {
  return {
    symbol,
    bid: book?.bids[0]?.[0] ?? null,
    ask: book?.asks[0]?.[0] ?? null,
    book: book?.status ?? null,
    position: position?.known ? position.size : null,
    unrealized: position?.known ? position.unrealizedPnl : null,
    openOrders: orders?.known ? orders.orders.filter(({ role, status }) => role !== 'foreign' && !hasEnded(status)).length : null,
  };
}

export function brainView({ brain, header }: Pick<State, 'brain' | 'header'>): BrainView | null {
  if (brain === null) return null;
  const { strategy, decisions, brainEpoch, processed, wallMs, risk, pnl = {}, runs = [], symbols } = brain;
  return {
    ...{ strategy, decisions, risk, pnl },
    refused: refusedAlone(brain.config?.state, header?.config),
    leased: header !== null && header.brainEpoch === brainEpoch,
    behind: header?.epoch === processed.epoch ? Math.max(0, header.seq - processed.seq) : null,
    ageMs: header === null ? null : Math.max(0, Math.round(header.wallMs - wallMs)),
    runs: runs.map((run) => ({ ...run, sentence: explain(run.reason) })),
    exits: Object.fromEntries(
      Object.entries(symbols).map(([symbol, { takeProfits, stopLosses }]) => [symbol, { takeProfits, stopLosses }]),
    ),
  };
}

/** Wallet and what is open, by asset; null while any of it is not known. */
export function equityPoint({ header, balance }: Pick<State, 'header' | 'balance'>): EquityPoint | null {
  if (header === null || !balance?.known) return null;
  const held = balance.assets.filter(({ unrealized }) => unrealized !== null);
  if (held.length === 0) return null;
  return [
    Math.round(header.wallMs / 1_000),
    Object.fromEntries(held.map((one) => [one.asset, Number(one.wallet) + Number(one.unrealized)])),
  ];
}

/** What each run does and why, by run and symbol; the first look tells what it did lately as well. */
export function whyNews(brain: BrainDoc, told: ReadonlyMap<string, string>): readonly (readonly [string, WhyEntry])[] {
  return (brain.runs ?? []).flatMap(({ run, symbol, reason, why }) => {
    const id = `${run} ${symbol}`;
    if (told.get(id) === reason) return [];
    const entry = (code: string, atMs: number): readonly [string, WhyEntry] => [
      id,
      { atMs, run, symbol, reason: code, sentence: explain(code) },
    ];
    const lately = told.has(id) ? [] : why.filter((one) => one.reason !== reason).map((one) => entry(one.reason, one.lastMs));
    return [...lately.reverse(), entry(reason, brain.wallMs)];
  });
}
