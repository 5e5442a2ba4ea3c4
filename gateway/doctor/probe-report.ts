/** What `mm probe` writes: the answers of a venue to what its documents leave open. */
import * as z from 'zod';

export const ProbeVerdict = z.enum(['as-assumed', 'differs', 'unanswered']);
export type ProbeVerdict = z.infer<typeof ProbeVerdict>;

export const ProbeReport = z.strictObject({
  format: z.literal('mmbot-probe'),
  version: z.literal(1),
  environment: z.enum(['sim', 'testnet']),
  host: z.string(),
  symbol: z.string(),
  startedMs: z.number(),
  /** Null while it runs, and for ever when it was killed. */
  finishedMs: z.number().nullable(),
  facts: z.array(
    z.strictObject({
      id: z.string(),
      fact: z.string(),
      done: z.string(),
      assumed: z.string(),
      answer: z.string(),
      verdict: ProbeVerdict,
      /** What follows for this program when the answer is another one. */
      changes: z.string(),
    }),
  ),
  /** What could not be cleaned up; empty: everything of the probe is gone. */
  left: z.array(z.string()),
});
export type ProbeReport = Readonly<z.infer<typeof ProbeReport>>;
