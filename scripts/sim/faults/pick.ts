/** How a fault says what it is for: patterns with `*`, a number of times, a time, a probability. */
import * as z from 'zod';
import type { FaultLife } from './board.ts';

export const PICK = {
  /** How many times; without `count`, `ms` and `probability`: once. */
  count: z.int().positive().optional(),
  /** For how many simulated milliseconds. */
  ms: z.number().positive().optional(),
  /** Of each thing that fits; without `count` and `ms` until it is cleared. */
  probability: z.number().positive().max(1).optional(),
};

type Picking = { readonly count?: number | undefined; readonly ms?: number | undefined; readonly probability?: number | undefined };

export function lifeOf({ count, ms, probability }: Picking): FaultLife {
  const once = count === undefined && ms === undefined && probability === undefined;
  return { count: once ? 1 : (count ?? null), forMs: ms ?? null };
}

/** Whether a name fits a pattern; everything fits none. */
export function fits(pattern: string | undefined, name: string): boolean {
  if (pattern === undefined) return true;
  if (!pattern.includes('*')) return pattern === name;
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop() ?? '';
  if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) return false;
  let at = head.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - tail.length;
}
