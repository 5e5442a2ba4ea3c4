/** Faults asked for over the admin interface that concern REST calls: a made-up answer, or none at all. */
import * as z from 'zod';
import { EXCHANGE_FAULTS } from './faults/exchange-faults.ts';

const call = {
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']),
  path: z.string().startsWith('/'),
  count: z.int().positive().default(1),
  execute: z.boolean(),
};
const route = z.enum(['public', 'market', 'private']);

export const Fault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('drop-depth'), symbol: z.string(), count: z.int().positive() }),
  z.strictObject({ kind: z.literal('close'), route }),
  z.strictObject({ kind: z.literal('silence'), route, ms: z.number().positive() }),
  z.strictObject({
    kind: z.literal('reply'),
    ...call,
    status: z.int(),
    body: z.string(),
    headers: z.record(z.string(), z.string()).default({}),
  }),
  z.strictObject({ kind: z.literal('hang'), ...call }),
  ...EXCHANGE_FAULTS,
]);
export type Fault = z.infer<typeof Fault>;

export type CallFault = Extract<Fault, { kind: 'reply' | 'hang' }>;

export class CallFaults {
  #pending: { readonly fault: CallFault; left: number }[] = [];

  add(fault: CallFault): void {
    this.#pending.push({ fault, left: fault.count });
  }

  /** The oldest pending fault for this call, used up by one. */
  take({ method, path }: { readonly method: string; readonly path: string }): CallFault | null {
    const entry = this.#pending.find(({ fault }) => fault.method === method && fault.path === path);
    if (!entry) return null;
    entry.left -= 1;
    if (entry.left === 0) this.#pending = this.#pending.filter((other) => other !== entry);
    return entry.fault;
  }
}
