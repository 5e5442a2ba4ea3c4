/** What must hold in every history, judged from records that the exchange and the ledger wrote independently of each other. */
import { isOurs, parseClientId } from '../../shared/client-id.ts';

export type OrderRow = {
  readonly clientId: string;
  readonly symbol: string;
  readonly role: string;
  readonly reduceOnly: boolean;
  readonly sentWallMs: number;
};
export type FillRow = { readonly symbol: string; readonly tradeId: string };
/** One look at the published state: `seenMs` by the simulated clock. */
export type Look = {
  readonly seenMs: number;
  readonly epoch: number;
  readonly seq: number;
  readonly symbol: string;
  readonly live: boolean;
  readonly updateId: number;
};
export type OpenOrder = {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: string;
  readonly price: string;
  readonly origQty: string;
  readonly executedQty: string;
  readonly reduceOnly: boolean;
};

/** Ids of ours that more than one order at the exchange bears. */
export function acceptedTwice(ids: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const twice = ids.filter((id) => isOurs(id) && (seen.has(id) || !seen.add(id)));
  return [...new Set(twice)].map((id) => `client id ${id} was accepted twice by the exchange`);
}

/** Orders of ours that rest at the exchange and that no ledger row knows. */
export const notInLedger = (open: readonly OpenOrder[], known: (clientId: string) => boolean): readonly string[] =>
  open
    .filter(({ clientOrderId }) => isOurs(clientOrderId) && !known(clientOrderId))
    .map(({ clientOrderId, symbol }) => `${symbol}: own order ${clientOrderId} rests at the exchange and is not in the ledger`);

/** Fills that only one of the two books holds. */
export function fillsThatDiffer(exchange: readonly FillRow[], ledger: readonly FillRow[]): readonly string[] {
  const key = ({ symbol, tradeId }: FillRow): string => `${symbol} ${tradeId}`;
  const [theirs, ours] = [new Set(exchange.map(key)), new Set(ledger.map(key))];
  return [
    ...[...theirs].filter((fill) => !ours.has(fill)).map((fill) => `fill ${fill} of the exchange is not in the ledger`),
    ...[...ours].filter((fill) => !theirs.has(fill)).map((fill) => `fill ${fill} of the ledger is not the exchange's`),
  ];
}

/** Where the position would stand if everything of ours that rests on one side were filled, beyond the limit. */
export function beyondLimit(given: {
  readonly symbol: string;
  readonly position: number;
  readonly open: readonly OpenOrder[];
  readonly limit: number;
}): readonly string[] {
  const { symbol, position, limit } = given;
  const raising = given.open.filter((order) => order.symbol === symbol && !order.reduceOnly && isQuote(order.clientOrderId));
  const rest = (side: string): number =>
    raising
      .filter((order) => order.side === side)
      .reduce((sum, { origQty, executedQty }) => sum + Number(origQty) - Number(executedQty), 0);
  const worst = Math.max(Math.abs(position), position + rest('BUY'), rest('SELL') - position);
  return worst <= limit + 1e-9 ? [] : [`${symbol}: position ${position} may become ${worst}, the limit is ${limit}`];
}

const isQuote = (clientId: string): boolean => ['quote', 'trend', 'custom', 'operator'].includes(parseClientId(clientId)?.role ?? '');

/**
 * Orders that were sent while the book was not live. Times between two neighbouring looks count only when both say so of the same state:
 * same epoch, no publication missed between, no update applied.
 */
export function sentBlind(
  looks: readonly Look[],
  orders: readonly OrderRow[],
  { publishedEveryMs }: { readonly publishedEveryMs: number },
) {
  const blind = looks.flatMap((look, i) => {
    const before = looks[i - 1];
    if (!before || before.live || look.live || before.epoch !== look.epoch || before.symbol !== look.symbol) return [];
    if (look.seq - before.seq > 1 || look.updateId !== before.updateId) return [];
    return [{ symbol: look.symbol, fromMs: before.seenMs, toMs: look.seenMs - publishedEveryMs }];
  });
  return orders
    .filter(({ clientId, reduceOnly }) => !reduceOnly && isQuote(clientId))
    .filter(({ symbol, sentWallMs }) => blind.some((span) => span.symbol === symbol && sentWallMs > span.fromMs && sentWallMs < span.toMs))
    .map(({ clientId, symbol, sentWallMs }) => `${symbol}: order ${clientId} was sent at ${sentWallMs} while the book was not live`);
}
