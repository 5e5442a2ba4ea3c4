/**
 * Where ids begin. A venue never gives a trade or order id twice, so a simulator started later must not either: clients keep what they
 * have booked by id. Ids begin at the second of the start times a thousand, which leaves a thousand a second for all until then.
 */
export const firstId = (startMs: number): number => Math.floor(startMs / 1_000) * 1_000;
