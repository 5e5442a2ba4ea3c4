/** The gateway's guard before every order of a backtest: what it looks at, made from what the backtest knows of the same moment. Pure. */
import type { LedgerOrder } from '../../../gateway/account/rows.ts';
import { checkOrder } from '../../../gateway/orders/guard.ts';
import { NO_STOPS } from '../../../gateway/orders/guard-rules/exposure.ts';
import type { GuardRefusal } from '../../../gateway/orders/guard-rules/rule.ts';
import type { BookView, OrderRequest } from '../../../gateway/venues/venue.ts';
import { type Config, limitsOf } from '../../../shared/config.ts';
import type { Instrument } from '../../../shared/instrument.ts';
import { type Atoms, type Lots, type MonoMs, parseAtoms, ZERO_ATOMS } from '../../../shared/units.ts';

export type Watched = {
  readonly config: Config;
  readonly instrument: Instrument;
  readonly book: BookView;
  /** Quote units; null while none was told. */
  readonly markPrice: string | null;
  readonly markAgeMs: number | null;
  readonly equity: Atoms;
  /** Between mark and liquidation price; null when flat. */
  readonly liquidationPercent: number | null;
  /** As the gateway knows it, signed. */
  readonly held: Lots;
  /** Own orders that may still fill. */
  readonly own: readonly LedgerOrder[];
  /** Worst-case notional of the other symbols. */
  readonly otherGross: Atoms;
  readonly now: MonoMs;
  /** When the snapshot that was decided on was published. */
  readonly basedOnAt: MonoMs;
  readonly ttlMs: number;
  /** The position is being closed. */
  readonly closing: boolean;
};

const NORMAL = { mode: 'normal', reasons: [] } as const;

/** The first rule broken, or null. Modes of a person, budgets of the venue and its stops are those of an undisturbed day. */
export function guarded(
  watched: Watched,
  { request, replaces = null }: { readonly request: OrderRequest; readonly replaces?: LedgerOrder | null },
): GuardRefusal | null {
  const { config, instrument, book, markPrice, markAgeMs, equity, liquidationPercent, held } = watched;
  const { own, otherGross, now, basedOnAt, ttlMs, closing } = watched;
  const view = {
    instrument,
    book,
    markPrice,
    markAgeMs,
    equity,
    liquidationPercent,
    own,
    otherGross,
    now,
    basedOnAt,
    ttlMs,
    limits: limitsOf(config, instrument.symbol),
    maxGrossNotional: parseAtoms(config.limits.maxGrossNotional) ?? ZERO_ATOMS,
    shares: config.limits.equity,
    accountKnown: true,
    minLiquidationPercent: config.limits.margin.minLiquidationPercent,
    held: { low: held, high: held },
    stops: NO_STOPS,
    foreignOrders: 0,
    exclusive: true,
    degraded: NORMAL,
    mode: { halted: null, stopped: false, shuttingDown: false, paused: false, closing },
    stopMissing: false,
    unknownOrder: null,
    budget: null,
    pace: null,
  } as const;
  return checkOrder({ request, replaces, view });
}
