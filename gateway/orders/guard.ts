/**
 * Last line before an order leaves: every command is checked again, with other code than the brain's. Pure and fast. An absent limit
 * means zero. Reduce-only orders skip collar, notional, freshness and rate-share rules; cancels and closes never come here.
 */
import {
  checkGross,
  checkOpenOrders,
  checkOrderNotional,
  checkOrderShare,
  checkOrderSize,
  checkPosition,
  checkPositionShare,
  checkSelfCross,
} from './guard-rules/exposure.ts';
import {
  checkBook,
  checkBudget,
  checkDegraded,
  checkForeign,
  checkFresh,
  checkKnown,
  checkLiquidation,
  checkMode,
  checkModeReducing,
  checkPace,
  checkProtected,
  checkTrading,
  checkUnknown,
} from './guard-rules/moment.ts';
import { checkCollar, checkFilters, checkMarkBand, checkMinNotional } from './guard-rules/price.ts';
import type { Checked, GuardRefusal, Rule } from './guard-rules/rule.ts';

/** The first rule broken, or null. */
export function checkOrder(checked: Checked): GuardRefusal | null {
  for (const rule of checked.request.reduceOnly ? REDUCING : OPENING) {
    const refusal = rule(checked);
    if (refusal) return refusal;
  }
  return null;
}

const REDUCING: readonly Rule[] = [
  checkModeReducing,
  checkDegraded,
  checkTrading,
  checkFilters,
  checkMarkBand,
  checkKnown,
  checkBook,
  checkSelfCross,
  checkBudget,
];
const OPENING: readonly Rule[] = [
  checkMode,
  checkDegraded,
  checkTrading,
  checkFilters,
  checkMarkBand,
  checkKnown,
  checkBook,
  checkFresh,
  checkForeign,
  checkProtected,
  checkLiquidation,
  checkUnknown,
  checkMinNotional,
  checkCollar,
  checkOrderSize,
  checkOrderNotional,
  checkOrderShare,
  checkOpenOrders,
  checkSelfCross,
  checkPosition,
  checkPositionShare,
  checkGross,
  checkPace,
  checkBudget,
];
