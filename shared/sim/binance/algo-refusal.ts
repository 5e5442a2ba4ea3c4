/** Error answers of the conditional order service; what it shares with ordinary orders keeps its code. */
import type { AlgoReject, AlgoRejectKind } from '../algo-checks.ts';
import type { RejectKind } from '../order-checks.ts';
import { Refusal, refusalOf } from './refusal.ts';

type Row = readonly [code: number, message: string];

/** Binance USD-M docs, error codes (reference sheet 2026-11, section 11). */
const ROWS: Readonly<Record<Exclude<AlgoRejectKind, RejectKind>, Row>> = {
  'would-trigger': [-2021, 'Order would immediately trigger.'],
  'too-many-conditionals': [-4045, 'Reach max stop order limit.'],
  'close-order-exists': [-4130, 'An open stop or take profit order with GTE and closePosition in the direction is existing.'],
  'no-position': [-4509, 'Time in Force (TIF) GTE can only be used with open positions. Please ensure that positions are available.'],
  'limit-too-far-above-trigger': [-4183, 'Limit price is higher than stop price multiplier cap.'],
  'limit-too-far-below-trigger': [-4184, 'Limit price is lower than stop price multiplier floor.'],
  triggering: [-4117, 'Stop order is triggering.'],
};

export function algoRefusalOf({ kind, limit }: AlgoReject): Refusal {
  if (!isOwn(kind)) return refusalOf(limit === undefined ? { kind } : { kind, limit });
  const [code, message] = ROWS[kind];
  return new Refusal({ code, message });
}

const isOwn = (kind: AlgoRejectKind): kind is Exclude<AlgoRejectKind, RejectKind> => Object.hasOwn(ROWS, kind);
