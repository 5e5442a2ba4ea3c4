/** What is in force otherwise than config.json says, as lines for a terminal. Pure. */
import type { ConfigAnswer } from '../../shared/command.ts';
import type { ConfigAudit } from '../../shared/config-live.ts';
import type { BrainDoc } from '../../shared/brain-doc.ts';
import { brainAloneLines, configLines } from './screen.ts';
import { labelled } from './table.ts';

/** Of both processes, as each last told; null: not known. */
export type InForce = { readonly gateway: ConfigAnswer; readonly brain: BrainDoc['config'] | null };

/** `2026-01-02 03:04:05 file: exits.stopLossPercent: 0.5 -> 0.4; orders: amend buy …`. */
export function auditLine({ atMs, by, changes, orders }: ConfigAudit): string {
  const moved = orders.length === 0 ? '' : `; orders: ${orders.join(', ')}`;
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} ${by}: ${changes.join(', ')}${moved}`;
}

export function inForceLines({ gateway, brain }: InForce): readonly string[] {
  const same = brain
    ? brain.limitsHash === gateway.limitsHash
      ? 'the same'
      : `other ones (${brain.limitsHash}): the tighter of both rules`
    : 'unknown';
  const told = [...configLines(gateway.state), ...brainAloneLines({ gateway: gateway.state, brain: brain?.state })];
  const logs = [
    { who: 'gateway', log: gateway.log },
    { who: 'brain', log: brain?.log ?? [] },
  ];
  return [
    ...labelled('limits', [`${gateway.limitsHash} at the gateway`, `brain ${same}`]),
    ...(told.length > 0 ? told : ['config    all of the file is in force']),
    ...logs.flatMap(({ who, log }) => [
      `${who}:`,
      ...(log.length > 0 ? log.map((audit) => `  ${auditLine(audit)}`) : ['  no change while it ran']),
    ]),
  ];
}
