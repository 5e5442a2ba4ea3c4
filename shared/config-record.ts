/** The section `record` of config.json: what the processes write down of all that they hear and do. */
import * as z from 'zod';
import { ms } from './config-units.ts';

export const RecordConfig = z
  .strictObject({
    on: z.boolean().default(false).describe('gateway and brain write a tape of all they hear and do, without secrets'),
    folder: z
      .string()
      .min(1)
      .default('tapes')
      .describe("folder of the tapes; relative to the account's folder <runDir>/<environment>-<account>"),
    fileMb: z.int().min(1).max(10_000).default(64).describe('a file is followed by the next one at this size, MB'),
    fileMs: ms(60_000, 86_400_000).default(3_600_000).describe('and at this age, ms'),
    totalMb: z
      .int()
      .min(2)
      .max(10_000_000)
      .default(4_000)
      .describe('the oldest files of a process go when all of its files are larger than this, MB'),
  })
  .describe('tapes: what scripts/replay and scripts/mm incident read');
