/** Gathers what the guard looks at for one order, from the ledger, the market and the modes of this moment. */
import { limitsOf } from '../../shared/config.ts';
import { fractionalTicks, type Instrument, notionalOf } from '../../shared/instrument.ts';
import type { Stamp } from '../../shared/snapshot.ts';
import { type Atoms, atoms, lots, parseAtoms, ZERO_ATOMS } from '../../shared/units.ts';
import type { OrderRequest } from '../venues/venue.ts';
import type { Core } from './core.ts';
import { wholeMode } from './degraded.ts';
import { haltOf, wholeState } from './degraded-view.ts';
import { NO_STOPS, worstCase } from './guard-rules/exposure.ts';
import { type GuardView, referencePrice, type Sides } from './guard-rules/rule.ts';

export type Asked = {
  readonly request: OrderRequest;
  readonly basedOn: Stamp;
  readonly ttlMs: number;
  readonly closing: boolean;
  readonly stopMissing: boolean;
  readonly stops: Sides;
  readonly pace: GuardView['pace'];
  /** It leaves in a request of several, whose budget has been asked. */
  readonly together?: boolean;
};

/** Null when the symbol is not configured. */
export function guardView(
  core: Core,
  { request, basedOn, ttlMs, closing, stopMissing, stops, pace, together = false }: Asked,
): GuardView | null {
  const { venue, keeper, config, modes, budget, seqs, identity, clock } = core;
  const { symbol } = request;
  const instrument = venue.instruments.get(symbol);
  if (!instrument) return null;
  const now = clock.monoMs();
  return {
    now,
    instrument,
    limits: limitsOf(config, symbol),
    maxGrossNotional: parseAtoms(config.limits.maxGrossNotional) ?? ZERO_ATOMS,
    shares: config.limits.equity,
    book: venue.market.book(symbol),
    markPrice: venue.market.mark(symbol)?.markPrice ?? null,
    markAgeMs: venue.market.markAgeMs(symbol),
    accountKnown: keeper.known,
    equity: core.risk.equity(instrument.quoteAsset),
    liquidationPercent: liquidationPercent(core, instrument),
    minLiquidationPercent: config.limits.margin.minLiquidationPercent,
    held: keeper.ledger.positions.range(symbol),
    own: keeper.ledger.movingOrders(symbol),
    stops,
    foreignOrders: keeper.ledger.foreignOrders(symbol).length,
    exclusive: config.account.exclusive,
    otherGross: otherGross(core, symbol),
    degraded: wholeMode(wholeState(core)),
    mode: {
      halted: haltOf(core, symbol),
      stopped: modes.stopped !== null,
      shuttingDown: modes.shuttingDown,
      paused: modes.paused !== null,
      closing,
    },
    basedOnAt: basedOn.epoch === identity.epoch ? (seqs.find(basedOn.seq)?.at ?? null) : null,
    ttlMs,
    stopMissing,
    unknownOrder: keeper.unknowns.overdue(symbol, now),
    budget: together ? null : budget.refusal({ budgets: venue.orders.budgets(), now, protective: request.reduceOnly }),
    pace,
  };
}

/** Percent between mark and liquidation price; null when flat, or when either is not told. */
export function liquidationPercent({ venue, keeper }: Pick<Core, 'venue' | 'keeper'>, instrument: Instrument): number | null {
  const { symbol } = instrument;
  const [mark, price] = [venue.market.mark(symbol)?.markPrice ?? null, keeper.liquidationPrice(symbol)];
  if (keeper.ledger.positions.row(symbol).size === 0 || mark === null || price === null) return null;
  const [at, end] = [fractionalTicks(instrument, mark), fractionalTicks(instrument, price)];
  return at > 0 && end > 0 ? (Math.abs(at - end) / at) * 100 : null;
}

/** Worst-case notional of all symbols but one; null when one that holds or may get a position cannot be valued. */
function otherGross({ venue, keeper }: Core, except: string): Atoms | null {
  let total: Atoms = ZERO_ATOMS;
  for (const [symbol, instrument] of venue.instruments) {
    if (symbol === except) continue;
    const [held, own] = [keeper.ledger.positions.range(symbol), keeper.ledger.movingOrders(symbol)];
    if (own.length === 0 && held.low === 0 && held.high === 0) continue;
    const worst = worstCase({ held, own, stops: NO_STOPS });
    const size = lots(Math.max(worst.high, -worst.low, 0));
    if (size === 0) continue;
    const price = referencePrice({ book: venue.market.book(symbol), markPrice: venue.market.mark(symbol)?.markPrice ?? null, instrument });
    if (price === null) return null;
    total = atoms(total + notionalOf(instrument, { price, size }));
  }
  return total;
}
