/** What the gateway's answer to a command does to the state of its symbol. Pure. */
import type { Refusal, Refused, Taken } from '../shared/command.ts';
import type { MonoMs } from '../shared/units.ts';
import { monoMs } from '../shared/units.ts';
import type { SymbolState } from './look.ts';
import { forget } from './oms/notes.ts';
import type { Pending } from './oms/working.ts';

/** `sent`: false when the command did not leave this process. */
type Answered = Pick<Taken, 'type' | 'seq'> | Pick<Refused, 'type' | 'code'>;
export type Settled = { readonly answer: Answered; readonly sent: boolean; readonly now: MonoMs };

/** After a refusal nothing but cancels is sent for this long: the same command would be refused at every snapshot. */
const REFUSED_MS = 500;
/** Refusals that the next snapshot explains: the order changed while the command was on its way. */
const RACES: ReadonlySet<Refusal> = new Set(['order-busy', 'order-ended', 'unknown-order']);

/** Taken: pending until a snapshot shows it. Refused: it never was. */
export function settle(state: SymbolState, pending: Pending, { answer, sent, now }: Settled): SymbolState {
  const { command } = pending;
  const others = state.pending.filter((one) => one !== pending);
  if (answer.type === 'taken') return { ...state, pending: [...others, { ...pending, visibleFrom: answer.seq }] };
  const held = sent && command.kind !== 'cancel' && !RACES.has(answer.code);
  const refusal = { code: answer.code, untilMs: monoMs(now + REFUSED_MS) };
  return {
    ...state,
    pending: others,
    refusals: held ? { ...state.refusals, [command.strategy]: refusal } : state.refusals,
    oms: command.kind === 'place' ? forget(state.oms, command.clientId) : state.oms,
  };
}
