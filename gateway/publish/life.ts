/** Rows of the ledger as people read them: the life of an order in order of time, days, fills. Pure; it needs no venue, only the kept grid. */
import type { LifeAnswer, LifeEntry, LifeOrder, PnlAnswer, PnlDay } from '../../shared/audit.ts';
import { parseClientId } from '../../shared/client-id.ts';
import type { FillDoc } from '../../shared/snapshot.ts';
import { formatAtoms, formatSteps } from '../../shared/units.ts';
import type { LifeRows, RequestRow } from '../account/audit-rows.ts';
import type { DayRow } from '../account/day-profit.ts';
import type { Grid } from '../account/regrid.ts';
import { assetOfUnnamed, type BookedFill, type CorrectionRow, type LedgerOrder } from '../account/rows.ts';
import type { StopRow } from '../orders/stop-book.ts';

export function lifeAnswer(rows: LifeRows): LifeAnswer {
  const { clientId, order, stop, grid, cut } = rows;
  const entries = [
    ...rows.commands.map(({ atUs, what, sender, detail }): LifeEntry => ({ kind: 'command', wallMs: atUs / 1_000, what, sender, detail })),
    ...rows.requests.flatMap(requestEntries),
    ...rows.transitions.map(
      ({ atUs, status, cause, reason }): LifeEntry => ({ kind: 'state', wallMs: atUs / 1_000, state: status, cause, reason }),
    ),
    ...rows.refusals.map(
      ({ atUs, by, what, code, sentence, times }): LifeEntry => ({
        ...{ kind: 'refusal', wallMs: atUs / 1_000, by, what, code, sentence, times },
      }),
    ),
    ...rows.fills.map((fill) => fillEntry(fill, grid)),
    ...rows.corrections.map((row) => correctionEntry(row, grid)),
  ];
  const shown = order ? lifeOrder(order, rows) : stop ? lifeStop(stop, rows) : null;
  return { clientId, order: shown, cut, entries: entries.sort((a, b) => a.wallMs - b.wallMs || RANK[a.kind] - RANK[b.kind]) };
}

/** `kind` is absent in rows of earlier versions, which are of positions. */
function correctionEntry(row: CorrectionRow, grid: Grid | null): LifeEntry {
  const { reason, atMs } = row;
  const told = { kind: 'correction', wallMs: atMs + 0.999, reason } as const; // kept in whole milliseconds: after what brought it about
  switch (row.kind) {
    case 'order':
      return { ...told, what: row.kind, from: row.from, to: row.to };
    case 'fill':
      return { ...told, what: row.kind, from: 'none', to: `trade ${row.tradeId}` };
    case 'entry-price':
    case 'realized':
      return { ...told, what: row.kind, from: row.fromText, to: row.toText };
    default:
      return { ...told, what: 'position', from: sizeText(row.from, grid), to: sizeText(row.to, grid) };
  }
}

/** Where two fall on the same moment: what was asked comes before what it did. */
const RANK: Readonly<Record<LifeEntry['kind'], number>> = {
  ...{ command: 0, refusal: 1, state: 2, request: 3, reply: 4, fill: 5, correction: 6 },
};

function requestEntries({ atUs, what, detail, tookUs, code, sentence }: RequestRow): readonly LifeEntry[] {
  const request: LifeEntry = { kind: 'request', wallMs: atUs / 1_000, what, detail };
  if (tookUs === null || code === null) return [request];
  return [request, { kind: 'reply', wallMs: (atUs + tookUs) / 1_000, what, code, sentence, tookMs: tookUs / 1_000 }];
}

function fillEntry(fill: BookedFill, grid: Grid | null): Extract<LifeEntry, { kind: 'fill' }> {
  const { tradeId, maker, fee, feeAsset, realizedPnl, atMs } = fill;
  return {
    ...{ kind: 'fill', wallMs: atMs, tradeId, maker, feeAsset },
    price: fill.told?.price ?? priceText(fill.price, grid),
    size: fill.told?.size ?? sizeText(fill.size, grid),
    fee: fee === null ? null : formatAtoms(fee),
    realizedPnl: realizedPnl === null ? null : formatAtoms(realizedPnl),
  };
}

function lifeOrder(row: LedgerOrder, { grid, endedMs }: LifeRows): LifeOrder {
  const { clientId, symbol, role, side, kind, timeInForce, reduceOnly, order, venueId, reason, sentWallMs } = row;
  return {
    ...{ clientId, symbol, role, side, kind, timeInForce, reduceOnly, status: order.status, venueId, reason, sentMs: sentWallMs, endedMs },
    ...runOf(row),
    price: order.price === null ? null : priceText(order.price, grid),
    size: sizeText(order.size, grid),
    filled: sizeText(order.filled, grid),
  };
}

/** Of a stop that was triggered the order that took its place is shown instead: it bears the same id. */
function lifeStop(row: StopRow, { grid }: LifeRows): LifeOrder {
  const { clientId, symbol, side, status, venueId, reason, sentWallMs } = row;
  return {
    ...{ clientId, symbol, role: 'stop', side, kind: 'stop', timeInForce: null, reduceOnly: true, status, venueId, reason },
    ...{ price: priceText(row.trigger, grid), size: sizeText(row.size, grid), filled: '0', sentMs: sentWallMs, endedMs: null },
  };
}

export type KeptAssets = (symbol: string) => string;

/** `limit`: as many rows as were asked for; when all came there may be more, and a day that may be cut is left for the next page. */
export function pnlAnswer(
  days: readonly DayRow[],
  { limit, quoteAsset }: { readonly limit: number; readonly quoteAsset: KeptAssets },
): PnlAnswer {
  const full = days.length >= limit;
  const last = days.at(-1)?.day;
  const whole = full && days.some(({ day }) => day !== last) ? days.filter(({ day }) => day !== last) : days;
  return { days: whole.map((row) => pnlDay(row, assetOfUnnamed(row.symbol) ?? quoteAsset(row.symbol))), more: full };
}

function pnlDay({ day, symbol, realized, fees, funding, volume, fills }: DayRow, quoteAsset: string): PnlDay {
  return {
    ...{ day, symbol, quoteAsset, realized: formatAtoms(realized), funding: formatAtoms(funding), volume: formatAtoms(volume), fills },
    fees: Object.fromEntries(Object.entries(fees).map(([asset, fee]) => [asset, formatAtoms(fee)])),
  };
}

/** The same document as in Redis, from the file alone; where no row of its order is left, the id tells the role. */
export function keptFillDoc(
  fill: BookedFill,
  { grid, order }: { readonly grid: Grid | null; readonly order: LedgerOrder | null },
): FillDoc {
  const { n, symbol, clientId } = fill;
  const role = order?.role ?? parseClientId(clientId)?.role ?? 'foreign';
  const { kind: _, wallMs, ...rest } = fillEntry(fill, grid);
  return { ...rest, n, symbol, clientId, role, side: fill.side, wallMs, ...runOf(order) };
}

const runOf = (order: LedgerOrder | null) => (order?.strategy === undefined ? {} : { strategy: order.strategy });

/** Steps where the grid was not kept: better than a number that is wrong. */
const priceText = (count: number, grid: Grid | null): string =>
  grid === null ? `${count} ticks` : formatSteps({ count, step: grid.tickSize });
const sizeText = (count: number, grid: Grid | null): string =>
  grid === null ? `${count} lots` : formatSteps({ count, step: grid.stepSize });
