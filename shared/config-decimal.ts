/** Decimals in config.json: text, so that no digit is lost on the way to whole ticks and lots. */
import * as z from 'zod';

export const positiveDecimal = z
  .string()
  .regex(/^(?=.*[1-9])\d+(\.\d+)?$/, 'a decimal above zero in quotes such as "0.010"')
  .describe('decimal string');
