/** What rested where and how long, of the session and of its backtest alike: out of their commands and fills. Pure. */
import type { Side } from '../../../shared/order.ts';
import type { CommandKind } from '../session/session.ts';

/** As both sides tell it; prices and sizes are decimals. */
export type Command = {
  readonly kind: CommandKind;
  readonly clientId: string;
  readonly symbol: string;
  readonly side: Side | null;
  readonly price: string | null;
  readonly size: string | null;
  readonly decidedMs: number;
  /** When the venue acted; null where it never did. */
  readonly actedMs: number | null;
  /** `refused:CODE` by the gateway, `rejected:WORD` by the venue; null where it was done. */
  readonly trouble: string | null;
};
export type Fill = {
  readonly atMs: number;
  readonly symbol: string;
  readonly clientId: string;
  readonly side: Side;
  readonly price: string;
  readonly size: string;
  readonly maker: boolean;
  /** Positive is a cost; null while unknown. */
  readonly fee: string | null;
  /** Nobody's decision of the brain: a close of the gateway, a stop, a liquidation. */
  readonly foreign: boolean;
};
/** Terms of one order from one command to the next. */
export type Intent = {
  readonly symbol: string;
  readonly side: Side;
  readonly clientId: string;
  readonly price: number;
  readonly size: number;
  readonly decidedMs: number;
  readonly trouble: string | null;
  /** When they began to rest; null: never. */
  readonly fromMs: number | null;
  /** When they ended; Infinity: not before the end. */
  readonly toMs: number;
  readonly end: 'filled' | 'amended' | 'canceled' | 'open';
};

export function intentsOf(commands: readonly Command[], fills: readonly Fill[]): readonly Intent[] {
  const filledMs = lastFills(commands, fills);
  const byOrder = Map.groupBy(commands, ({ clientId }) => clientId);
  return [...byOrder].flatMap(([clientId, own]) => intentsOfOrder(own, filledMs.get(clientId) ?? null));
}

function intentsOfOrder(own: readonly Command[], filledMs: number | null): readonly Intent[] {
  return own.flatMap((command, n): readonly Intent[] => {
    const { kind, symbol, side, clientId, price, size, decidedMs, actedMs, trouble } = command;
    if (kind === 'cancel' || side === null || price === null || size === null) return [];
    const next = own.slice(n + 1).find((one) => one.actedMs !== null && one.trouble === null);
    const [nextMs, endMs] = [next?.actedMs ?? Infinity, filledMs ?? Infinity];
    const end = endMs <= nextMs ? (filledMs === null ? 'open' : 'filled') : next?.kind === 'cancel' ? 'canceled' : 'amended';
    const fromMs = trouble === null ? actedMs : null;
    return [
      { symbol, side, clientId, price: Number(price), size: Number(size), decidedMs, trouble, fromMs, toMs: Math.min(nextMs, endMs), end },
    ];
  });
}

/** When an order was filled to its last size. */
function lastFills(commands: readonly Command[], fills: readonly Fill[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { kind, clientId, size, trouble } of commands)
    if (kind !== 'cancel' && size !== null && trouble === null) sizes.set(clientId, Number(size));
  const whole = new Map<string, number>();
  for (const [clientId, own] of Map.groupBy(fills, (fill) => fill.clientId)) {
    const filled = own.reduce((sum, { size }) => sum + Number(size), 0);
    if (filled >= (sizes.get(clientId) ?? Infinity) - 1e-12) whole.set(clientId, Math.max(...own.map(({ atMs }) => atMs)));
  }
  return whole;
}

/** The terms under which a fill was made. */
export const intentOf = (intents: readonly Intent[], { clientId, price, atMs }: Fill): Intent | null =>
  intents.findLast((one) => one.clientId === clientId && one.fromMs !== null && one.price === Number(price) && one.fromMs <= atMs + 1) ??
  intents.findLast((one) => one.clientId === clientId) ??
  null;

/** The same wish on the other side: same side and terms, decided within `withinMs`; the nearest in time. */
export function sameWish(intents: readonly Intent[], wanted: Intent, withinMs: number): Intent | null {
  const near = intents.filter(
    (one) =>
      one.symbol === wanted.symbol &&
      one.side === wanted.side &&
      one.price === wanted.price &&
      one.size === wanted.size &&
      Math.abs(one.decidedMs - wanted.decidedMs) <= withinMs,
  );
  const away = ({ decidedMs }: Intent): number => Math.abs(decidedMs - wanted.decidedMs);
  return near.reduce<Intent | null>((best, one) => (best === null || away(one) < away(best) ? one : best), null);
}
