/**
 * Rows written in ticks and lots of one grid, in those of another: exactly where the new grid can say it. Where it cannot, a row that is
 * still in question becomes one only the venue can tell about, and what is history keeps its decimals. Pure.
 */
import { floorSteps } from '../../shared/instrument.ts';
import { hasEnded } from '../../shared/order.ts';
import { countSteps, formatSteps, type Lots, lots, type Ticks, ticks } from '../../shared/units.ts';
import type { StopRow } from '../orders/stop-book.ts';
import type { BookedFill, CorrectionRow, LedgerOrder, PositionRow } from './rows.ts';

export type Grid = { readonly tickSize: string; readonly stepSize: string };
export type GridChange = { readonly from: Grid; readonly to: Grid };
/** `exact` false: something of the row has no whole number on the new grid. */
export type Regridded<T> = { readonly row: T; readonly exact: boolean };

/** An order that cannot be said exactly is `unknown`, at no stated price, with at least the lots it may still fill. */
export function regridOrder(row: LedgerOrder, change: GridChange): Regridded<LedgerOrder> {
  const { order, amendTo } = row;
  const price = order.price === null ? null : priceOn(order.price, change);
  const [size, filled, statedFilled] = [sizeOn(order.size, change), sizeOn(order.filled, change), sizeOn(row.statedFilled, change)];
  const amend = amendTo && { price: priceOn(amendTo.price, change), size: sizeOn(amendTo.size, change) };
  const trades = order.trades.map((tradeId) => nameOn(tradeId, change));
  const base = { ...row, content: contentOn(row.content, change) };
  const amends = amend === null || (amend.price !== null && amend.size !== null);
  if (size !== null && filled !== null && statedFilled !== null && amends && (price !== null || order.price === null)) {
    const amended = amend && amend.price !== null && amend.size !== null ? { price: amend.price, size: amend.size } : null;
    return { row: { ...base, order: { ...order, price, size, filled, trades }, statedFilled, amendTo: amended }, exact: true };
  }
  const largest = lots(Math.max(order.size, amendTo?.size ?? 0));
  const doubtful = {
    status: hasEnded(order.status) ? order.status : ('unknown' as const),
    price: amends ? price : null,
    ...{ size: atLeast(largest, change), filled: atMost(order.filled, change), trades },
  };
  return { row: { ...base, order: doubtful, statedFilled: atMost(row.statedFilled, change), amendTo: null }, exact: false };
}

/** A fill that cannot be said exactly keeps the decimals it was told in; its whole numbers are then the nearest. */
export function regridFill(fill: BookedFill, change: GridChange): Regridded<BookedFill> {
  const { told, ...row } = fill;
  const tradeId = nameOn(fill.tradeId, change);
  const price = told?.price ?? priceText(fill.price, change);
  const size = told?.size ?? sizeText(fill.size, change);
  const exactPrice = countSteps({ text: price, step: change.to.tickSize });
  const exactSize = countSteps({ text: size, step: change.to.stepSize });
  if (exactPrice !== null && exactSize !== null)
    return { row: { ...row, tradeId, price: ticks(exactPrice), size: lots(exactSize) }, exact: true };
  const near = { price: ticks(nearest(price, change.to.tickSize)), size: lots(nearest(size, change.to.stepSize)) };
  return { row: { ...row, tradeId, ...near, told: { price, size } }, exact: false };
}

/** Null: the position cannot be said on the new grid, so counting begins anew at the venue's. Money does not depend on the grid. */
export function regridPosition(row: PositionRow, change: GridChange): PositionRow | null {
  const [baseline, size] = [sizeOn(row.baseline, change), sizeOn(row.size, change)];
  if (baseline === null || size === null) return null;
  const { base: _, tail: __, ...kept } = row; // its newest trades may have no exact place on the new grid
  return { ...kept, baseline, size };
}

/** A stop that cannot be said exactly is `unknown` with the nearest trigger, until the venue tells. */
export function regridStop(row: StopRow, change: GridChange): Regridded<StopRow> {
  const [trigger, size] = [priceOn(row.trigger, change), sizeOn(row.size, change)];
  if (trigger !== null && size !== null) return { row: { ...row, trigger, size }, exact: true };
  const near = ticks(nearest(priceText(row.trigger, change), change.to.tickSize));
  const status = row.status === 'ended' || row.status === 'triggered' ? row.status : 'unknown';
  return { row: { ...row, status, trigger: trigger ?? near, size: size ?? atLeast(row.size, change) }, exact: false };
}

/** Null: it stays as it was written, with its step beside it. Only positions are counted in steps. */
export function regridCorrection(row: CorrectionRow, change: GridChange): CorrectionRow | null {
  if (!('entryPrice' in row)) return row;
  const [from, to] = [sizeOn(row.from, change), sizeOn(row.to, change)];
  return from === null || to === null ? null : { ...row, from, to };
}

const priceText = (count: Ticks, { from }: GridChange): string => formatSteps({ count, step: from.tickSize });
const sizeText = (count: Lots, { from }: GridChange): string => formatSteps({ count, step: from.stepSize });

function priceOn(price: Ticks, change: GridChange): Ticks | null {
  const count = countSteps({ text: priceText(price, change), step: change.to.tickSize });
  return count === null ? null : ticks(count);
}

function sizeOn(size: Lots, change: GridChange): Lots | null {
  const count = countSteps({ text: sizeText(size, change), step: change.to.stepSize });
  return count === null ? null : lots(count);
}

const atMost = (size: Lots, change: GridChange): Lots => lots(floorSteps({ text: sizeText(size, change), step: change.to.stepSize }));
const atLeast = (size: Lots, change: GridChange): Lots => sizeOn(size, change) ?? lots(atMost(size, change) + 1);

/** Halves up. */
function nearest(text: string, step: string): number {
  const down = floorSteps({ text, step });
  return Number(text) / Number(step) - down < 0.5 ? down : down + 1;
}

/** A fill that the venue gave no id is named by its order and a filled total in lots (`FillReport`), else by that total and its step. */
function nameOn(tradeId: string, change: GridChange): string {
  const [order, count = ''] = tradeId.split('@');
  if (!WHOLE.test(count)) return tradeId;
  const total = sizeOn(lots(Number(count)), change);
  return `${order}@${total ?? `${count}/${change.from.stepSize}`}`;
}

/** The text that says what a client id was first sent with; one that cannot be said is like no request, and stays so. */
function contentOn(content: string, change: GridChange): string {
  const words = content.split(' ');
  const [priceWord = '', sizeWord = ''] = words.slice(-2);
  if (!WHOLE.test(sizeWord)) return content;
  const price = priceWord === 'market' ? priceWord : priceOn(ticks(Number(priceWord)), change);
  const size = sizeOn(lots(Number(sizeWord)), change);
  return price === null || size === null
    ? `${content} (tick ${change.from.tickSize}, step ${change.from.stepSize})`
    : [...words.slice(0, -2), price, size].join(' ');
}

const WHOLE = /^\d+$/;
