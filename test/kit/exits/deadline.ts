/**
 * How long a close may take, from the ladder's own deadlines and from what went wrong meanwhile:
 *
 *   from beyond the stop to the trigger, while prices can be seen: depth period + snapshot period + poll + delay
 *   from the trigger to flat: clearing + [maker rung] + for each order min(its time, silence) + turn, 500 ms more beyond the eighth;
 *     one that came back without a word of what became of it (a broken line, "status unknown") is waited for until silence
 *     + for each read of the position its time, at most that after which another is begun beside it, and the wait for the next when it failed
 *     + time in which the gateway was dead, the venue let nobody in or asked for none, or the brain was dead before the gateway knew
 *     + for each restart clearing anew and the next ask
 *
 * The numbers are those of gateway/orders/ladder.ts, written apart from it on purpose: a slower ladder is to be noticed here.
 */
import type { Config } from '../../../shared/config.ts';

export type Call = {
  readonly target: string;
  readonly sentMs: number;
  readonly endedMs: number;
  readonly failed: boolean;
  /** What came back says nothing of what became of it. */
  readonly lost: boolean;
};

const CLEARING_MS = 2_000;
const MAKER_MS = 5_000;
const SILENCE_MS = 1_000;
const READ_AGAIN_MS = 250;
const READ_HANGS_MS = 1_000;
const SPACING_MS = 500;
const FAST_ORDERS = 8;
/** Snapshots after which the brain asks again. */
const ASK_AGAIN = 10;
/** Timers of the order side, and the way of an answer. */
const TURN_MS = 150;
const DEPTH_PERIOD_MS = 100;
const DELAY_MS = 50;

export const detectMs = ({ snapshot, brain }: Config): number => DEPTH_PERIOD_MS + 2 * snapshot.intervalMs + brain.pollMs + DELAY_MS;

export type Closing = { readonly calls: readonly Call[]; readonly outMs: number; readonly restarts: number; readonly isProfit: boolean };

export function allowanceMs(
  { calls, outMs, restarts, isProfit }: Closing,
  { config, sliceMs }: { readonly config: Config; readonly sliceMs: number },
): number {
  const orders = calls.filter(isOrder);
  const reads = calls.filter(({ target }) => target === 'GET /fapi/v3/positionRisk' || target === 'GET /fapi/v3/balance');
  const ms = ({ sentMs, endedMs }: Call): number => endedMs - sentMs;
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
  const { intervalMs } = config.snapshot;
  return (
    CLEARING_MS +
    (isProfit ? MAKER_MS + SILENCE_MS : 0) +
    sum(orders.map((call) => (call.lost ? SILENCE_MS : Math.min(ms(call), SILENCE_MS)) + TURN_MS)) +
    SPACING_MS * Math.max(0, orders.length - FAST_ORDERS) +
    sum(reads.map((call) => Math.min(ms(call), READ_HANGS_MS) + TURN_MS + (call.failed ? READ_AGAIN_MS : 0))) +
    outMs +
    restarts * (CLEARING_MS + ASK_AGAIN * intervalMs + TURN_MS) +
    2 * sliceMs
  );
}

/** Orders that a close may need: a few rungs, one for each that was refused or left without an answer, and as many again. */
export const ordersMax = (calls: readonly Call[]): number => 12 + 2 * calls.filter((call) => isOrder(call) && call.failed).length;

const isOrder = ({ target }: Call): boolean => target === 'POST /fapi/v1/order';
