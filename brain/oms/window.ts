/**
 * How commands leave: those of one turn together, as one message; those of turns that follow each other faster than the window together as
 * well, because each message costs both sides a parse, a write and a wake-up. The first after a quiet time leaves at once, and so does
 * whatever takes back or exits, with all that waits. Pure: time in, and when to be asked again.
 */
import { type MonoMs, monoMs } from '../../shared/units.ts';
import type { OrderCommand } from './working.ts';

type Carried = { readonly command: OrderCommand };
export type Window<T extends Carried> = { readonly waiting: readonly T[]; readonly opensAt: MonoMs | null };
export type Leaving<T extends Carried> = {
  readonly window: Window<T>;
  /** To be sent now, in this order, as one message. */
  readonly leave: readonly T[];
  /** Overtaken by a cancel before they had left: never to be sent. */
  readonly dropped: readonly T[];
  /** Ask again then; null: nothing waits. */
  readonly wakeAt: MonoMs | null;
};
type Offered<T> = { readonly commands: readonly T[]; readonly now: MonoMs; readonly windowMs: number };

export const emptyWindow = <T extends Carried>(): Window<T> => ({ waiting: [], opensAt: null });

/** New commands, or none when the time to be asked again has come. */
export function offer<T extends Carried>({ waiting, opensAt }: Window<T>, { commands, now, windowMs }: Offered<T>): Leaving<T> {
  const { kept, dropped } = withoutOvertaken(waiting, commands);
  if (kept.length === 0) return { window: { waiting: kept, opensAt }, leave: [], dropped, wakeAt: null };
  const open = opensAt === null || now >= opensAt || kept.some(isUrgent);
  if (!open) return { window: { waiting: kept, opensAt }, leave: [], dropped, wakeAt: opensAt };
  const leave = [...kept.filter(isCancel), ...kept.filter((one) => !isCancel(one))];
  return { window: { waiting: [], opensAt: monoMs(now + windowMs) }, leave, dropped, wakeAt: null };
}

const isCancel = ({ command }: Carried): boolean => command.kind === 'cancel';
const isUrgent = ({ command }: Carried): boolean => command.kind === 'cancel' || (command.kind === 'place' && command.reduceOnly);

/** A cancel takes with it what waits for the same order; a place that never left needs no cancel either. */
function withoutOvertaken<T extends Carried>(waiting: readonly T[], commands: readonly T[]) {
  const canceled = new Set(commands.filter(isCancel).map(({ command }) => command.clientId));
  const overtaken = waiting.filter(({ command }) => canceled.has(command.clientId));
  const unplaced = new Set(overtaken.filter(({ command }) => command.kind === 'place').map(({ command }) => command.clientId));
  const needless = commands.filter((one) => isCancel(one) && unplaced.has(one.command.clientId));
  const kept = [...waiting, ...commands].filter((one) => !overtaken.includes(one) && !needless.includes(one));
  return { kept, dropped: [...overtaken, ...needless] };
}
