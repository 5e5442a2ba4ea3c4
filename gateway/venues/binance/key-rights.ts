/**
 * What the API key may do, and whether that is fit for real money. Binance wallet docs, "Get API Key Permission". Pure. Never
 * `canWithdraw` of the account: that is a flag of the account, not of the key (reference sheet 2026-11, 3.3).
 */
import * as z from 'zod';
import { err, ok, type Result } from '../../../shared/result.ts';

/** All may be absent: only what is told is judged. */
export const KeyRights = z.object({
  ipRestrict: z.boolean().optional(),
  enableWithdrawals: z.boolean().optional(),
  enableFutures: z.boolean().optional(),
});
export type KeyRights = z.infer<typeof KeyRights>;

/** Warnings for the log, or why trading with this key is refused and what to do. */
export function judgeKeyRights({ ipRestrict, enableWithdrawals, enableFutures }: KeyRights): Result<readonly string[], string> {
  const problems = [
    ...(enableWithdrawals === true ? ['it may withdraw: switch off "Enable Withdrawals" of the key, or make a key without it'] : []),
    ...(enableFutures === false
      ? ['it may not trade futures: switch on "Enable Futures" of the key (one older than the futures account must be made anew)']
      : []),
  ];
  if (problems.length > 0) return err(`The API key is refused: ${problems.join('; ')}`);
  return ok([
    ...(enableWithdrawals === undefined ? [unknownRights('whether it may withdraw is not told')] : []),
    ...(enableFutures === undefined ? [unknownRights('whether it may trade futures is not told')] : []),
    ...(ipRestrict === true ? [] : [OPEN_TO_ALL]),
  ]);
}

const OPEN_TO_ALL = 'The API key works from any address: give it a list of trusted addresses with only those of this machine';

export const unknownRights = (why: string): string =>
  `Rights of the API key could not be read: ${why}: make sure yourself that it may trade futures and may not withdraw`;
