/** Every fault that can be asked for: over the admin interface, from a scenario file, or by chance. One file for each group. */
import * as z from 'zod';
import { CALL_FAULTS } from './call-faults.ts';
import { EXCHANGE_FAULTS } from './exchange-faults.ts';
import { STREAM_FAULTS } from './stream-faults.ts';

export const Fault = z.discriminatedUnion('kind', [...CALL_FAULTS, ...STREAM_FAULTS, ...EXCHANGE_FAULTS]);
export type Fault = z.infer<typeof Fault>;

/** A fault, or one line that says what is wrong with it. */
export function readFault(value: unknown): Fault | string {
  const read = Fault.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  return `${issue?.path.join('.') || 'fault'}: ${issue?.message ?? 'malformed'}`;
}
