/** Where the profit of a symbol comes from, as the brain tells it. */
import * as z from 'zod';

const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);

/** Profit of a symbol by where it comes from, money of `asset`: fees positive = paid, funding positive = received; `total` is their sum. */
export const PnlDoc = z.strictObject({
  asset: z.string(),
  /** Venue time at which counting began. */
  sinceMs: z.number(),
  /** Of the fills against the mid before them. */
  spread: decimal,
  /** Of what was held while the mid moved. */
  inventory: decimal,
  fees: decimal,
  funding: decimal,
  total: decimal,
  /** Fees paid in other assets: in no sum. */
  otherFees: z.record(z.string(), decimal),
});
export type PnlDoc = Readonly<z.infer<typeof PnlDoc>>;
