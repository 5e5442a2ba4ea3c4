/**
 * `life.json` in the folder of an account: whether its gateway was left running or ended in order. A gateway that was stopped on purpose
 * may leave a position behind, protected by its stop at the exchange; one that says `running` and is silent has died.
 */
import * as z from 'zod';

export const LIFE_FILE = 'life.json';

export const Life = z.strictObject({ state: z.enum(['running', 'ended']), epoch: z.int(), pid: z.int(), wallMs: z.number() });
export type Life = Readonly<z.infer<typeof Life>>;

/** Null: not written, or not readable. */
export function readLife(text: string | null): Life | null {
  if (text === null) return null;
  try {
    const parsed = Life.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // half of it, from a disk that failed
  }
}
