/** `test:soak -- --panics N`: so many emergency stops, one a seed, and the figures of all. Pure but for the running. */
import { TestRedis } from '../../test/kit/redis.ts';
import { type PanicRecord, panicOnce } from './panics.ts';

export type PanicsOptions = {
  readonly seed: number;
  readonly panics: number;
  readonly faults: boolean;
  readonly onRecord: (record: PanicRecord) => void;
  readonly stop: AbortSignal;
};

export async function runPanics({ seed, panics, faults, onRecord, stop }: PanicsOptions) {
  await using redis = await TestRedis.start();
  const records: PanicRecord[] = [];
  for (let n = 0; n < panics && !stop.aborted; n++) {
    const record = await panicOrBreak({ seed: seed * 1_000 + n, redisUrl: redis.url, faults });
    records.push(record);
    onRecord(record);
  }
  return figuresOf(records);
}

/** A stop that cannot even be asked for is a finding like any other. */
async function panicOrBreak(options: { readonly seed: number; readonly redisUrl: string; readonly faults: boolean }): Promise<PanicRecord> {
  try {
    return await panicOnce(options);
  } catch (problem) {
    const violations = [`it broke: ${problem instanceof Error ? problem.message : String(problem)}`];
    const never = { goneMs: null, flatMs: null, doneMs: null, forbiddenMs: { gone: 0, flat: 0 } };
    return { seed: options.seed, asked: '', everything: false, faults: [], ...never, violations };
  }
}

/** Median and maximum; `allowed` is without the time in which the venue had forbidden what was needed (a 429 names one second). */
export function figuresOf(records: readonly PanicRecord[]) {
  const found = records.filter(({ violations }) => violations.length > 0);
  const limited = records.filter(({ faults }) => faults.includes('429'));
  const free = records.filter((record) => !limited.includes(record));
  return {
    ok: found.length === 0,
    panics: records.length,
    found: found.map(({ seed, violations }) => ({ seed, violations })),
    goneMs: spread(records.map(({ goneMs }) => goneMs)),
    flatMs: spread(records.map(({ flatMs }) => flatMs)),
    doneMs: spread(records.map(({ doneMs }) => doneMs)),
    allowed: {
      goneMs: spread(records.map(({ goneMs, forbiddenMs }) => goneMs && Math.max(0, goneMs - forbiddenMs.gone))),
      flatMs: spread(records.map(({ flatMs, forbiddenMs }) => flatMs && Math.max(0, flatMs - forbiddenMs.flat))),
    },
    without429: { panics: free.length, goneMs: spread(free.map(({ goneMs }) => goneMs)), flatMs: spread(free.map(({ flatMs }) => flatMs)) },
  };
}

/** Of those that came to it; `never` are the others. */
function spread(values: readonly (number | null)[]) {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const at = (share: number): number | null => round(known[Math.min(known.length - 1, Math.floor(known.length * share))]);
  return { median: at(0.5), p90: at(0.9), max: round(known.at(-1)), never: values.length - known.length };
}

const round = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value * 10) / 10);
