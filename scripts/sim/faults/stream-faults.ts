/** Faults of streams and of the sockets that carry them. */
import * as z from 'zod';

const route = z.enum(['public', 'market', 'private']);

export const STREAM_FAULTS = [
  /** The next depth events of a symbol reach nobody. */
  z.strictObject({ kind: z.literal('drop-depth'), symbol: z.string(), count: z.int().positive() }),
  /** The sockets of a route die. */
  z.strictObject({ kind: z.literal('close'), route }),
  /** Nothing is sent on a route for `ms`. */
  z.strictObject({ kind: z.literal('silence'), route, ms: z.number().positive() }),
] as const;
