/** Faults of REST calls: a made-up answer, or none at all. */
import * as z from 'zod';
import type { Armed, FaultBoard } from './board.ts';

const call = {
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']),
  path: z.string().startsWith('/'),
  count: z.int().positive().default(1),
  execute: z.boolean(),
};

export const CALL_FAULTS = [
  z.strictObject({
    kind: z.literal('reply'),
    ...call,
    status: z.int(),
    body: z.string(),
    headers: z.record(z.string(), z.string()).default({}),
  }),
  z.strictObject({ kind: z.literal('hang'), ...call }),
] as const;
const CallFault = z.discriminatedUnion('kind', [...CALL_FAULTS]);
export type CallFault = z.infer<typeof CallFault>;

export class CallFaults {
  readonly #board: FaultBoard;
  #armed: Armed<CallFault>[] = [];

  constructor(board: FaultBoard) {
    this.#board = board;
  }

  start(fault: CallFault): void {
    this.#armed.push(this.#board.arm(fault, { count: fault.count, untilMs: null }));
  }

  /** The oldest armed fault for this call, used up by one. */
  take({ method, path }: { readonly method: string; readonly path: string }): CallFault | null {
    this.#armed = this.#armed.filter((entry) => entry.isLive());
    const entry = this.#armed.find(({ fault }) => fault.method === method && fault.path === path);
    entry?.fire();
    return entry?.fault ?? null;
  }
}
