/** What only a person may do: pause, resume, confirm limits that were loosened; each with what goes with it. */
import type { Command, Refused } from '../../shared/command.ts';
import { brainOrders, type Core } from './core.ts';
import type { Client } from './desk.ts';
import type { Emergency } from './emergency.ts';
import { refuse } from './refuse.ts';

export type Personal = Extract<Command, { type: 'pause' | 'resume' | 'confirmConfig' }>;
export type PersonalParts = { readonly core: Core; readonly emergency: Emergency; readonly client: Client };

/** Null: it is done. */
export function performPersonal(command: Personal, { core, emergency, client }: PersonalParts): Refused | null {
  if (client.socket !== 'operator' || client.role !== 'operator')
    return refuse(command, 'not-allowed', `Cannot ${command.type}: only an operator on the operator's socket may`);
  if (command.type === 'confirmConfig') {
    const hindrance = core.inForce.confirm(command.limitsHash);
    return hindrance === null ? null : refuse(command, 'wrong-config', `Cannot confirm the limits: ${hindrance}`);
  }
  if (command.type === 'pause') pause(core, command.reason ?? '');
  const hindrance = command.type === 'resume' ? resume(core, emergency) : null;
  return hindrance === null ? null : refuse(command, 'ledger-unavailable', `Cannot resume: ${hindrance}`);
}

/** No new exposure, and the quotes go. */
function pause(core: Core, reason: string): void {
  core.modes.pause(reason);
  core.router.cancel(brainOrders(core));
  core.keeper.notice({ level: 'warn', message: 'Paused', fields: {} });
}

/** Lifts emergency stop, pause and halts, and forgets what the venue refused; why that cannot be, or null. */
function resume({ modes, router, risk, keeper }: Core, emergency: Emergency): string | null {
  const left = [...modes.strangers]; // one session is left, says the person: what the other made is nobody's
  const hindrance = emergency.lift() ?? (modes.resume() ? null : 'the ledger cannot be written');
  if (hindrance !== null) return hindrance;
  router.breaker.clear();
  risk.forgive();
  router.cancel(left);
  keeper.notice({ level: 'warn', message: 'Resumed', fields: {} });
  return null;
}
