/** Constants of the models as a session shows them: latencies, place in line, fees. `scripts/backtest --calibration` reads what is written here. */
import * as z from 'zod';
import { parseLatency } from '../../../shared/sim/latency.ts';
import { QUEUE_MODELS, type QueueModelName } from '../../../shared/sim/queue.ts';
import { leftMs, type Session } from '../session/session.ts';
import type { Trips } from '../session/ways.ts';

const latency = z.string().refine((text) => parseLatency(text) !== null, 'a latency such as lognormal:20:0.3');
export const Calibration = z.strictObject({
  format: z.literal(1),
  /** What it was fitted from. */
  from: z.string(),
  orders: z.int(),
  fills: z.int(),
  orderLatency: latency.nullable(),
  responseLatency: latency.nullable(),
  feedLatency: latency.nullable(),
  /** From a snapshot to the decision on it, ms. */
  lookMs: z.number().nullable(),
  queue: z.enum(QUEUE_MODELS).nullable(),
  /** Basis points; null where no such fill was seen. */
  fees: z.strictObject({ makerBps: z.number().nullable(), takerBps: z.number().nullable() }),
});
export type Calibration = z.infer<typeof Calibration>;

type Fitting = {
  readonly session: Session;
  readonly trips: Trips;
  readonly trials: readonly { readonly queueModel: QueueModelName; readonly equal: number; readonly share: number }[];
};

export function fitted({ session, trips, trials }: Fitting): Calibration {
  const { commands, fills, feedMs, path } = session;
  const there = commands.flatMap((one) => (one.venueMs === null ? [] : [one.venueMs - leftMs(one)]));
  const back = [...Object.values(trips.back).flat(), ...trips.notices].map(({ ms }) => ms);
  const looks = trips.looks.map(({ ms }) => ms).sort((a, b) => a - b);
  const best = trials.reduce((a, b) => (b.share > a.share ? b : a), trials[0] ?? { queueModel: null, share: 0 });
  return {
    ...{ format: 1 as const, from: path.split('/').slice(-2).join('/'), orders: commands.length, fills: fills.length },
    ...{ orderLatency: latencyText(there), responseLatency: latencyText(back), feedLatency: feedMs > 0 ? `fixed:${round(feedMs)}` : null },
    lookMs: looks.length === 0 ? null : round(looks[looks.length >> 1] ?? 0),
    queue: fills.length === 0 ? null : best.queueModel,
    fees: { makerBps: feeBps(session, true), takerBps: feeBps(session, false) },
  };
}

/** Too few say nothing of how they are spread. */
const SAMPLES_MIN = 10;

/** Median and spread of the logarithms: half of all take longer than the median, one in six longer than median * exp(sigma). */
function latencyText(samples: readonly number[]): string | null {
  const sorted = samples.map((ms) => Math.max(0.01, ms)).sort((a, b) => a - b);
  if (sorted.length < SAMPLES_MIN) return null;
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  const sigma = Math.log(at(0.84) / at(0.5));
  return sigma < 0.01 ? `fixed:${round(at(0.5))}` : `lognormal:${round(at(0.5))}:${round(sigma)}`;
}

function feeBps({ fills }: Session, maker: boolean): number | null {
  const own = fills.filter((fill) => fill.maker === maker && fill.fee !== null);
  const turnover = own.reduce((sum, { price, size }) => sum + Number(price) * Number(size), 0);
  const fees = own.reduce((sum, { fee }) => sum + Number(fee), 0);
  return turnover === 0 ? null : round((fees / turnover) * 10_000);
}

const round = (n: number): number => Math.round(n * 1_000) / 1_000;
