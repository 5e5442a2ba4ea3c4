/** Looks at a run from outside, again and again: exchange against ledger, published book against the exchange's, memory. */
import { DatabaseSync } from 'node:sqlite';
import { parseClientId } from '../../shared/client-id.ts';
import { PlacedJournal } from '../../gateway/io/placed-journal.ts';
import { readRow } from '../../gateway/io/row-text.ts';
import type { LedgerOrder } from '../../gateway/account/rows.ts';
import type { OwnTrade, SimOrder } from '../../shared/sim/exchange-events.ts';
import type { FullBook } from '../../shared/command.ts';
import { BookDoc } from '../../shared/snapshot.ts';
import { booksEqual, type ExchangeBook } from '../start/compare-book.ts';
import { API_KEY } from './acts.ts';
import {
  acceptedTwice,
  beyondLimit,
  type FillRow,
  fillsThatDiffer,
  type Look,
  notInLedger,
  type OpenOrder,
  type OrderRow,
} from './invariants.ts';

type Account = {
  readonly positions: readonly { readonly symbol: string; readonly positionAmt: string }[];
  readonly openOrders: readonly OpenOrder[];
  readonly stops: readonly { readonly symbol: string; readonly side: string; readonly quantity: string }[];
};
export type Truth = { readonly simUrl: string; readonly ledgerFile: string; readonly limit: number; readonly symbols: readonly string[] };

/** Null while the exchange does not answer (it is dead, stalled, or just being started again). */
async function getJson<T>(url: string): Promise<T | null> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
  return answer?.ok ? ((await answer.json().catch(() => null)) as T | null) : null;
}

export const readAccount = (simUrl: string): Promise<Account | null> => getJson(`${simUrl}/sim/account?apiKey=${API_KEY}`);

/**
 * An order's row is on disk before its bytes leave, so this holds at every moment, whoever has just died. The journal is looked at first: what it
 * had no more then is in the tables. Null: there was nothing to compare.
 */
export async function auditOrders({ simUrl, ledgerFile, limit, symbols }: Truth): Promise<readonly string[] | null> {
  const account = await readAccount(simUrl);
  if (!account) return null;
  using journal = new PlacedJournal(ledgerFile, 'process');
  const placed = new Set(journal.left().map(({ row }) => row.clientId));
  using db = openLedger(ledgerFile);
  if (!db) return null;
  const known = (id: string): boolean =>
    placed.has(id) ||
    db.file.prepare('SELECT 1 FROM orders WHERE client_id = ? UNION ALL SELECT 1 FROM stops WHERE client_id = ?').get(id, id) !== undefined;
  const positionOf = (symbol: string): number => Number(account.positions.find((row) => row.symbol === symbol)?.positionAmt ?? 0);
  return [
    ...notInLedger(account.openOrders, known),
    ...symbols.flatMap((symbol) => beyondLimit({ symbol, position: positionOf(symbol), open: account.openOrders, limit })),
  ];
}

/** A book that the gateway says is live is the exchange's, level by level, at that update id. Null: there was nothing to compare. */
export async function auditBook(simUrl: string, ours: FullBook): Promise<readonly string[] | null> {
  if (ours.status !== 'live') return null;
  const theirs = await getJson<ExchangeBook>(`${simUrl}/sim/book?symbol=${ours.symbol}&u=${ours.lastUpdateId}`);
  if (!theirs) return null;
  const tops = [ours, theirs].map(({ bids, asks }) => `${bids[0]?.join(' x ')} | ${asks[0]?.join(' x ')}`);
  return booksEqual(ours, theirs)
    ? []
    : [`${ours.symbol}: the live book at ${ours.lastUpdateId} is not the exchange's: ${tops.join(' for ')}`];
}

/** A published book that says it is live has two sides, and they do not cross. */
export function auditTop({ symbol, status, lastUpdateId, bids, asks }: BookDoc): readonly string[] {
  const [bid, ask] = [bids[0]?.[0], asks[0]?.[0]];
  if (status !== 'live' || (bid !== undefined && ask !== undefined && Number(bid) < Number(ask))) return [];
  return [`${symbol}: the live book published at ${lastUpdateId} is empty or crossed: ${bid} ${ask}`];
}

export function lookOf(text: string, seenMs: number): { readonly look: Look; readonly doc: BookDoc } {
  const doc = BookDoc.parse(JSON.parse(text));
  const { epoch, seq, symbol, status, lastUpdateId: updateId } = doc;
  return { look: { seenMs, epoch, seq, symbol, live: status === 'live', updateId }, doc };
}

/** After the end: what both files say of the whole history. */
export function auditFiles({ exchangeFile, ledgerFile }: { readonly exchangeFile: string; readonly ledgerFile: string }) {
  using exchange = openLedger(exchangeFile);
  using ledger = openLedger(ledgerFile);
  if (!exchange || !ledger) return { violations: ['exchange or ledger left no file'], orders: [], corrections: 0, fills: 0 };
  const theirs = rows<SimOrder>(exchange.file, 'SELECT row FROM orders');
  const algos = rows<{ readonly clientId: string }>(exchange.file, 'SELECT row FROM algos');
  const trades = rows<OwnTrade>(exchange.file, 'SELECT row FROM trades').map(
    ({ id, order }): FillRow => ({ symbol: order.symbol, tradeId: String(id) }),
  );
  const fills = rows<{ readonly symbol: string; readonly tradeId: string }>(ledger.file, 'SELECT row FROM fills');
  const orders = rows<LedgerOrder>(ledger.file, 'SELECT row FROM orders').map(
    ({ clientId, symbol, role, reduceOnly, sentWallMs }): OrderRow => ({ clientId, symbol, role, reduceOnly, sentWallMs }),
  );
  const corrections = rows(ledger.file, "SELECT row FROM corrections WHERE json_extract(row, '$.entryPrice') IS NOT NULL").length;
  const twice = [...acceptedTwice(theirs.map(({ clientId }) => clientId)), ...acceptedTwice(algos.map(({ clientId }) => clientId))];
  return { violations: [...twice, ...fillsThatDiffer(trades, fills)], orders, corrections, fills: fills.length };
}

/** Our quotes that the exchange ever took, oldest first; after the end. */
export function readQuotes(exchangeFile: string): readonly Pick<SimOrder, 'clientId' | 'createdMs'>[] {
  using exchange = openLedger(exchangeFile);
  const all = exchange ? rows<SimOrder>(exchange.file, 'SELECT row FROM orders') : [];
  const quotes = all.filter(({ clientId }) => parseClientId(clientId)?.role === 'quote');
  return quotes.map(({ clientId, createdMs }) => ({ clientId, createdMs })).toSorted((a, b) => a.createdMs - b.createdMs);
}

/** Null while there is none, or its owner is in the middle of making it. */
function openLedger(path: string): (Disposable & { readonly file: DatabaseSync }) | null {
  try {
    const file = new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
    file.prepare('SELECT name FROM sqlite_master').all();
    return { file, [Symbol.dispose]: () => file.close() };
  } catch {
    return null;
  }
}

const rows = <T>(db: DatabaseSync, query: string): readonly T[] =>
  db
    .prepare(query)
    .all()
    .map((found) => readRow<T>(String(found['row'])));
