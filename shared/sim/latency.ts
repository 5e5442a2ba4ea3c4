/** How long a message is on its way: seeded models on simulated time, one for each kind of traffic. */
import type { Random } from '../random.ts';

type Base =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'uniform'; readonly minMs: number; readonly maxMs: number }
  /** `sigma` is that of the logarithm: half of all messages take longer than `medianMs`, one in six longer than `medianMs * exp(sigma)`. */
  | { readonly kind: 'lognormal'; readonly medianMs: number; readonly sigma: number };

/** A spike adds `ms` to one message in 1 / `probability`, as a stop of a garbage collector or a lost packet does. */
export type Latency = Base & { readonly spike: { readonly probability: number; readonly ms: number } | null };

export const NO_LATENCY: Latency = { kind: 'none', spike: null };

/** How a latency is written, for messages about a wrong one. */
export const LATENCY_FORMS = 'none, fixed:MS, uniform:MIN:MAX or lognormal:MEDIAN:SIGMA, each with +PROBABILITY:MS for spikes';

/** Reads one of `LATENCY_FORMS`; null when it is none. */
export function parseLatency(text: string): Latency | null {
  const [baseText = '', spikeText, ...rest] = text.split('+');
  const base = parseBase(baseText);
  const spike = spikeText === undefined ? null : parseSpike(spikeText);
  return base === null || spike === undefined || rest.length > 0 ? null : { ...base, spike };
}

function parseBase(text: string): Base | null {
  const [kind, ...figures] = text.split(':');
  const [a = Number.NaN, b = Number.NaN] = figures.map(figure);
  if (kind === 'none' && figures.length === 0) return { kind };
  if (kind === 'fixed' && figures.length === 1 && a >= 0) return { kind, ms: a };
  if (figures.length !== 2) return null;
  if (kind === 'uniform' && a >= 0 && b >= a) return { kind, minMs: a, maxMs: b };
  if (kind === 'lognormal' && a > 0 && b >= 0) return { kind, medianMs: a, sigma: b };
  return null;
}

function parseSpike(text: string): { readonly probability: number; readonly ms: number } | undefined {
  const [probability = Number.NaN, ms = Number.NaN, ...rest] = text.split(':').map(figure);
  return probability > 0 && probability <= 1 && ms > 0 && rest.length === 0 ? { probability, ms } : undefined;
}

const figure = (text: string): number => (/^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN);

/** Milliseconds that one message takes. Draws nothing from `random` for a model without chance. */
export function drawLatency(latency: Latency, random: Random): number {
  const spikeMs = latency.spike !== null && random.chance(latency.spike.probability) ? latency.spike.ms : 0;
  return baseMs(latency, random) + spikeMs;
}

function baseMs(latency: Base, random: Random): number {
  switch (latency.kind) {
    case 'none':
      return 0;
    case 'fixed':
      return latency.ms;
    case 'uniform':
      return latency.minMs + (latency.maxMs - latency.minMs) * random.float();
    case 'lognormal':
      return latency.medianMs * Math.exp(latency.sigma * random.normal());
    default:
      throw new Error(`Cannot draw latency: ${JSON.stringify(latency satisfies never)}`);
  }
}

/** One way on which nothing overtakes: what is sent later arrives later or together. */
export class Line {
  readonly #latency: Latency;
  readonly #random: Random;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor({ latency, random }: { readonly latency: Latency; readonly random: Random }) {
    this.#latency = latency;
    this.#random = random;
  }

  /** When a message that is sent now arrives, `extraMs` later than the model says. */
  arriveMs(nowMs: number, extraMs = 0): number {
    this.#lastMs = Math.max(this.#lastMs, nowMs + drawLatency(this.#latency, this.#random) + extraMs);
    return this.#lastMs;
  }
}
