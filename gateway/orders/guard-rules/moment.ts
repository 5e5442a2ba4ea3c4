/** Whether anything may leave at this moment: modes, knowledge, freshness, protection, pace. */
import { refuse, type Rule } from './rule.ts';

export const checkMode: Rule = (checked) => {
  const { mode } = checked.view;
  const { symbol } = checked.request;
  if (mode.shuttingDown) return refuse(checked, { code: 'shutting-down', why: 'the gateway is shutting down' });
  if (mode.stopped) return refuse(checked, { code: 'stopped', why: 'the emergency stop holds until an operator resumes' });
  if (mode.paused) return refuse(checked, { code: 'paused', why: 'trading is paused until an operator resumes' });
  if (mode.halted !== null)
    return refuse(checked, { code: 'paused', why: `${symbol} is halted (${mode.halted}) until an operator resumes` });
  if (mode.closing) return refuse(checked, { code: 'closing', why: `the position on ${symbol} is being closed` });
  return null;
};

/** A reduce-only order is let through a pause; nothing else is. */
export const checkModeReducing: Rule = (checked) =>
  checkMode({ ...checked, view: { ...checked.view, mode: { ...checked.view.mode, paused: false, halted: null } } });

/** What the state of gateway, venue or account lets through (degraded.ts); the rules before have named the person's own modes. */
export const checkDegraded: Rule = (checked) => {
  const { mode, reasons } = checked.view.degraded;
  if (mode === 'normal') return null;
  const why = `only ${mode === 'cancel-only' ? 'cancels' : 'orders that reduce'} are let through now (${reasons.join(', ')})`;
  if (mode === 'cancel-only') return refuse(checked, { code: 'cancel-only-mode', why });
  return mode === 'reduce-only' && !checked.request.reduceOnly ? refuse(checked, { code: 'reduce-only-mode', why }) : null;
};

export const checkTrading: Rule = (checked) =>
  checked.view.instrument.trading ? null : refuse(checked, { code: 'not-trading', why: `${checked.request.symbol} is not trading` });

export const checkKnown: Rule = (checked) => {
  if (checked.view.accountKnown) return null;
  return refuse(checked, { code: 'position-unknown', why: `position and balance of ${checked.request.symbol} are not known now` });
};

export const checkBook: Rule = (checked) => {
  const { book, now } = checked.view;
  if (book.status !== 'live') {
    const age = book.receivedAt === null ? 'never' : `${Math.round(now - book.receivedAt)} ms ago`;
    return refuse(checked, { code: 'book-not-live', why: `book is ${book.status} (${book.reason || 'no reason'}), last proved ${age}` });
  }
  return book.book.sound ? null : refuse(checked, { code: 'book-not-live', why: 'book is crossed or has an empty side' });
};

export const checkFresh: Rule = (checked) => {
  const { basedOnAt, now, ttlMs } = checked.view;
  if (basedOnAt === null)
    return refuse(checked, { code: 'stale-snapshot', why: 'the snapshot it rests on is not one of this run of the gateway' });
  const ageMs = Math.round(now - basedOnAt);
  return ageMs <= ttlMs ? null : refuse(checked, { code: 'ttl-expired', why: `its snapshot is ${ageMs} ms old, limit is ${ttlMs} ms` });
};

export const checkForeign: Rule = (checked) => {
  const { foreignOrders, exclusive } = checked.view;
  if (foreignOrders === 0 || exclusive) return null;
  return refuse(checked, {
    code: 'foreign-order',
    why: `${foreignOrders} foreign orders rest on ${checked.request.symbol} and account.exclusive is false`,
  });
};

/** What is not protected must not grow. */
export const checkProtected: Rule = (checked) => {
  const { request, view } = checked;
  const grows = request.side === 'buy' ? view.held.high > 0 : view.held.low < 0;
  if (!view.stopMissing || !grows) return null;
  return refuse(checked, { code: 'stop-missing', why: `the position on ${request.symbol} has no confirmed stop at the venue` });
};

export const checkBudget: Rule = (checked) =>
  checked.view.budget === null ? null : refuse(checked, { code: 'budget', why: checked.view.budget });

export const checkPace: Rule = (checked) => (checked.view.pace === null ? null : refuse(checked, checked.view.pace));

/** A position near its liquidation price must not grow, whatever the limits say. */
export const checkLiquidation: Rule = (checked) => {
  const { request, view } = checked;
  const { liquidationPercent: left, minLiquidationPercent: least } = view;
  const grows = request.side === 'buy' ? view.held.high > 0 : view.held.low < 0;
  if (!grows || left === null || left >= least) return null;
  const why = `${request.symbol} is ${left.toFixed(2)} % from its liquidation price, at least ${least} % is wanted`;
  return refuse(checked, { code: 'liquidation-near', why });
};

/** How much of it rests or is filled nobody can say. */
export const checkUnknown: Rule = (checked) => {
  const { unknownOrder } = checked.view;
  if (unknownOrder === null) return null;
  const why = `only orders that reduce are let through on ${checked.request.symbol} now (order-unknown: ${unknownOrder})`;
  return refuse(checked, { code: 'reduce-only-mode', why });
};
