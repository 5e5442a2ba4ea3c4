/** The answer that says no: a code for programs, a sentence for people. */
import type { Refusal, Refused } from '../../shared/command.ts';

export const refuse = ({ id }: { readonly id: number | null }, code: Refusal, sentence: string): Refused => ({
  id,
  type: 'refused',
  code,
  sentence,
});
