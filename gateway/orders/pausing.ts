/** Pause and resume, each with what goes with it. */
import { brainOrders, type Core } from './core.ts';
import type { Emergency } from './emergency.ts';

/** No new exposure, and the quotes go. */
export function pause(core: Core, reason: string): void {
  core.modes.pause(reason);
  core.router.cancel(brainOrders(core));
  core.keeper.notice({ level: 'warn', message: 'Paused', fields: {} });
}

/** Lifts emergency stop, pause and halts, and forgets what the venue refused; why that cannot be, or null. */
export function resume({ modes, router, risk, keeper }: Core, emergency: Emergency): string | null {
  const left = [...modes.strangers]; // one session is left, says the person: what the other made is nobody's
  const hindrance = emergency.lift() ?? (modes.resume() ? null : 'the ledger cannot be written');
  if (hindrance !== null) return hindrance;
  router.breaker.clear();
  risk.forgive();
  router.cancel(left);
  keeper.notice({ level: 'warn', message: 'Resumed', fields: {} });
  return null;
}
