/** Whether the gateway can serve now, for whoever supervises it: books live, streams up, ledger written, positions protected. Pure. */
import type { Header } from '../../shared/snapshot.ts';
import type { SYMBOL_REASONS, WHOLE_REASONS } from '../orders/degraded.ts';

export type Readiness = {
  readonly ready: boolean;
  /** Coded, what has to end before it is ready. */
  readonly reasons: readonly string[];
  /** Coded, what restrains trading and is nobody's failure: a pause, a limit, a close that runs. */
  readonly notes: readonly string[];
};

/** The process and its surroundings fail; the other reasons are decisions, or of the account. */
const FAILURES: ReadonlySet<string> = new Set<(typeof WHOLE_REASONS)[number] | (typeof SYMBOL_REASONS)[number]>([
  ...(['shutting-down', 'account-unknown', 'account-lost', 'venue-unreachable', 'rate-limited'] as const),
  ...(['ledger-unavailable', 'reconcile', 'clock-unsure', 'redis-down', 'book-stale', 'book-syncing', 'stop-missing'] as const),
]);

export function readiness({ reasons, health }: Pick<Header, 'reasons' | 'health'>, isProtected: boolean): Readiness {
  const fails = (reason: string): boolean => FAILURES.has(reason.split(':')[0] ?? '');
  const found = [
    ...(health.market.state === 'live' ? [] : ['market-stream-down']),
    ...(health.account.state === 'live' ? [] : ['account-stream-down']),
    ...(isProtected ? [] : ['not-protected']),
    ...reasons.filter(fails),
  ];
  return { ready: found.length === 0, reasons: found, notes: reasons.filter((reason) => !fails(reason)) };
}
