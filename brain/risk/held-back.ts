/**
 * What of the commands of all runs on one symbol may leave: own limits of the runs, own orders in the way, and the gate, in that order.
 * Cancels first, so that what they free is free when the others arrive. Pure.
 */
import type { SymbolLimits } from '../../shared/limits.ts';
import type { Acting, Actor } from '../act.ts';
import type { Named } from '../oms/oms.ts';
import type { OrderCommand } from '../oms/working.ts';
import { type Approved, gate, type Held } from './gate.ts';
import { withoutMeeting } from './self-cross.ts';

export type HeldBack = { readonly command: OrderCommand; readonly why: Held['why'] | 'run-limit' | 'self-cross' };
export type Checked = {
  readonly passed: readonly (Omit<Named, 'command'> & { readonly command: Approved<OrderCommand> })[];
  readonly held: readonly HeldBack[];
};

const AS_REST = { urgency: 'rest' } as const;

export function check(
  named: readonly Named[],
  { acting, actors }: { readonly acting: Acting; readonly actors: readonly Actor[] },
): Checked {
  const { look, limits } = acting;
  if (look.held === null) return { passed: [], held: [] };
  const { instrument, position } = look.held;
  const commands = named.map(({ command }) => command);
  const ordered = [...commands.filter(({ kind }) => kind === 'cancel'), ...commands.filter(({ kind }) => kind !== 'cancel')];
  const beyond = new Set(actors.flatMap((actor) => beyondOwnLimit(ordered, { actor, limits })));
  const meeting = withoutMeeting(
    ordered.filter((command) => !beyond.has(command)),
    look.working,
  );
  const gated = gate({ commands: meeting.sent, instrument, limits, position, working: look.working });
  const why = (list: Iterable<OrderCommand>, reason: HeldBack['why']): HeldBack[] => [...list].map((command) => ({ command, why: reason }));
  return {
    passed: gated.approved.map((command) => ({ ...AS_REST, ...named.find((one) => one.command === command), command })),
    held: [...gated.held, ...why(beyond, 'run-limit'), ...why(meeting.held, 'self-cross')],
  };
}

function beyondOwnLimit(
  commands: readonly OrderCommand[],
  { actor, limits }: { readonly actor: Actor; readonly limits: SymbolLimits | null },
): OrderCommand[] {
  const { run, view } = actor;
  if (run.maxPosition === null || limits === null) return [];
  const mine = commands.filter((command) => command.kind !== 'cancel' && command.strategy === run.id);
  const own = { ...limits, maxPosition: run.maxPosition };
  const { held } = gate({ commands: mine, instrument: view.instrument, limits: own, position: view.position, working: view.orders });
  return held.filter(({ why }) => why === 'position-limit').map(({ command }) => command);
}
