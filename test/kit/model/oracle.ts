/** Judges a history from outside: what the exchange holds against what the ledger says, and the invariants at every step. */
import { isOurs, parseClientId } from '../../../shared/client-id.ts';
import { type Config, limitsOf } from '../../../shared/config.ts';
import { hasEnded } from '../../../shared/order.ts';
import { parseSize } from '../../../shared/instrument.ts';
import type { OwnTrade, SimOrder } from '../../../shared/sim/exchange-events.ts';
import { isOpen, leftOf } from '../../../shared/sim/order-store.ts';
import { atoms, formatAtoms, ZERO_ATOMS } from '../../../shared/units.ts';
import type { Keeper } from '../../../gateway/account/keeper.ts';
import type { LedgerOrder } from '../../../gateway/account/rows.ts';
import type { AmendRequest, OrderRequest } from '../../../gateway/venues/venue.ts';
import type { VirtualGateway } from '../virtual-gateway.ts';
import { type ModelExchange, SYMBOL } from './exchange.ts';
import type { Sent } from './line.ts';

type Request = (OrderRequest | AmendRequest) & { readonly reduceOnly?: boolean };
/** One request, or several that leave together. */
const requestsIn = (arg: unknown): readonly Request[] => [arg as Request | readonly Request[]].flat();

const ENDS: Readonly<Record<string, readonly string[]>> = {
  filled: ['filled'],
  canceled: ['canceled'],
  expired: ['expired', 'canceled'],
  'expired-in-match': ['expired', 'canceled'],
};
const FINDINGS_MAX = 20;

export class Oracle {
  readonly violations = new Set<string>();
  /** Requests on their way to the exchange, whoever sent them. */
  readonly transit = new Set<Sent>();
  gateway: VirtualGateway | null = null;
  readonly #exchange: ModelExchange;
  readonly #limitLots: number;
  /** Rows were lost with the power: orders may be unknown here until the next reconcile. */
  #unsure = false;
  #everLost = false;

  constructor(exchange: ModelExchange, config: Config) {
    this.#exchange = exchange;
    this.#limitLots = parseSize(exchange.instrument, limitsOf(config, SYMBOL)?.maxPosition ?? '0') ?? 0;
  }

  died(lost: boolean): void {
    this.gateway = null;
    this.#unsure ||= lost;
    this.#everLost ||= lost;
  }

  onError(message: string): void {
    if (/corrected|in no list/.test(message)) this.#blame(message); // the exchange explains all that it does
  }

  /** The bytes of a request are about to leave: 4 and 5 of the invariants. */
  onSend(sent: Sent): void {
    const { what, arg } = sent;
    const keeper = this.gateway?.core.keeper;
    if (!keeper || (what !== 'place' && what !== 'amend')) return;
    for (const request of requestsIn(arg)) this.#judgeSend(keeper, { what, request, sent });
  }

  #judgeSend(keeper: Keeper, { what, request, sent }: { readonly what: string; readonly request: Request; readonly sent: Sent }): void {
    const reduceOnly = keeper.ledger.order(request.clientId)?.reduceOnly ?? false;
    if (reduceOnly) return;
    if (!keeper.known || this.#exchange.shown !== 'live') this.#blame(`${what} ${request.clientId} left blind`);
    const worst = this.#worst(request, sent);
    if (worst > this.#limitLots)
      this.#blame(`${what} ${request.clientId}: ${request.side} side may reach ${worst}, limit is ${this.#limitLots}`);
  }

  /** At every step: 1, 2 (as far as the ledger's own sum goes) and 3 of the invariants. */
  look(): void {
    const { accepted } = this.#exchange;
    if (new Set(accepted).size !== accepted.length) this.#blame('a client id was accepted twice by the exchange');
    const keeper = this.gateway?.core.keeper;
    if (!keeper) return;
    if (keeper.known) this.#unsure = false;
    if (this.#unsure) return;
    for (const { clientId } of this.#exchange.open())
      if (keeper.ledger.order(clientId) === null && parseClientId(clientId)?.role !== 'stop')
        this.#blame(`${clientId} rests and is not in the ledger`);
  }

  /** What differs now and must not in the end. */
  differences(): readonly string[] {
    const gateway = this.gateway;
    if (!gateway) return ['no gateway'];
    const { keeper } = gateway.core;
    const { ledger } = keeper;
    const [ours, theirs] = [ledger.positions.row(SYMBOL).size, this.#exchange.position().size];
    return [
      ...(keeper.known ? [] : ['the account is not known']),
      ...(keeper.agrees ? [] : ['reconciling does not come to an end']),
      ...(ours === theirs ? [] : [`position is ${ours} in the ledger, ${theirs} at the exchange`]),
      ...this.#exchange
        .all()
        .orders.filter((order) => !this.#isForgotten(order))
        .flatMap((order) => differenceOf(order, ledger.order(order.clientId))),
      ...ledger.openOrders().flatMap((row) => this.#ghost(row)),
      ...this.#fills(),
      ...(ledger.fills.feeless(SYMBOL) === 0 ? [] : ['a fill has no fee']),
    ];
  }

  judge(): void {
    for (const difference of this.differences()) this.#blame(`in the end ${difference}`);
    const gateway = this.gateway;
    if (!gateway) return;
    const { ledger } = gateway.core.keeper;
    const row = ledger.positions.row(SYMBOL);
    const trades = this.#counted();
    const fees = atoms(trades.reduce((sum, { fee }) => sum + fee, 0n));
    const realized = atoms(trades.reduce((sum, trade) => sum + trade.realized, 0n));
    const ours = row.fees['USDT'] ?? ZERO_ATOMS;
    if (ours !== fees) this.#blame(`fees are ${formatAtoms(ours)}, at the exchange ${formatAtoms(fees)}`);
    // the entry price of an adopted position is told to eight places only
    const near = row.baseline === 0 ? 0 : 1_000 * trades.length;
    if (Math.abs(Number(row.realized - realized)) > near)
      this.#blame(`realized is ${formatAtoms(row.realized)}, at the exchange ${formatAtoms(realized)}`);
  }

  /** Trades that are not part of the adopted baseline. */
  #counted(): readonly OwnTrade[] {
    const since = this.gateway?.core.keeper.ledger.positions.row(SYMBOL).sinceTradeId ?? '0';
    return this.#exchange.all().trades.filter(({ id }) => id > Number(since));
  }

  /** Its row was lost with the power, and it ended without leaving anything that a ledger could miss: its fills are in the baseline. */
  #isForgotten(order: SimOrder): boolean {
    if (!this.#everLost || isOpen(order) || this.gateway?.core.keeper.ledger.order(order.clientId) !== null) return false;
    return this.#counted().every((trade) => trade.order.key !== order.key);
  }

  /** An order that the ledger takes for open and the exchange never had. */
  #ghost({ clientId, order }: LedgerOrder): readonly string[] {
    return this.#exchange.all().orders.some((one) => one.clientId === clientId)
      ? []
      : [`${clientId} is ${order.status} and the exchange has none`];
  }

  #fills(): readonly string[] {
    const ledger = this.gateway?.core.keeper.ledger;
    return this.#counted().flatMap(({ id }) =>
      ledger?.fills.find({ symbol: SYMBOL, tradeId: String(id) }) ? [] : [`trade ${id} is not booked`],
    );
  }

  /** Where the position would be if everything of ours on that side were filled; trades of others that we cannot know yet are left out. */
  #worst(request: Request, sent: Sent): number {
    const ledger = this.gateway?.core.keeper.ledger;
    const sign = request.side === 'buy' ? 1 : -1;
    const unseen = this.#counted()
      .filter(({ id, order }) => !isOurs(order.clientId) && !ledger?.fills.find({ symbol: SYMBOL, tradeId: String(id) }))
      .reduce((sum, { order, size }) => sum + (order.side === 'buy' ? size : -size), 0);
    const left = new Map(
      this.#exchange
        .open()
        .filter(({ side, reduceOnly }) => side === request.side && !reduceOnly)
        .map((order) => [order.clientId, order]),
    );
    const sizes = new Map([...left].map(([id, order]) => [id, leftOf(order) as number]));
    for (const { what, arg } of [...this.transit, sent]) {
      if (what !== 'place' && what !== 'amend') continue;
      for (const { clientId, side, size, reduceOnly = false } of requestsIn(arg)) {
        if (side !== request.side || reduceOnly) continue;
        if (what === 'amend' && !sizes.has(clientId)) continue; // the order has ended: nothing comes of it
        sizes.set(clientId, Math.max(sizes.get(clientId) ?? 0, size - (left.get(clientId)?.filled ?? 0)));
      }
    }
    return sign * (this.#exchange.position().size - unseen) + [...sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  #blame(sentence: string): void {
    if (this.violations.size < FINDINGS_MAX) this.violations.add(sentence);
  }
}

function differenceOf(order: SimOrder, row: LedgerOrder | null): readonly string[] {
  const { clientId, status, filled, price, size } = order;
  if (!isOurs(clientId)) return [];
  if (row === null) return [`${clientId} (${status}) is not in the ledger`];
  const ours = row.order;
  if (ours.filled !== filled) return [`${clientId} has ${ours.filled} filled in the ledger, ${filled} at the exchange`];
  if (!isOpen(order))
    return ENDS[status]?.includes(ours.status) ? [] : [`${clientId} is ${ours.status} in the ledger, ${status} at the exchange`];
  if (hasEnded(ours.status) || ours.status === 'unknown') return [`${clientId} is ${ours.status} in the ledger and rests at the exchange`];
  const same = (order.type === 'market' || ours.price === price) && ours.size === size;
  return same ? [] : [`${clientId} is ${ours.size} at ${ours.price} in the ledger, ${size} at ${price} at the exchange`];
}
