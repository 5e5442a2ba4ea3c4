/** What node tells of a process: memory, processor, garbage collection, event loop. Counted from the call on. */
import { collectDefaultMetrics } from 'prom-client';
import type { Metrics } from '../metrics.ts';

/** Seconds. */
const GC_BOUNDS = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5];

export const collectNodeMetrics = ({ registry }: Metrics): void =>
  collectDefaultMetrics({ register: registry, gcDurationBuckets: GC_BOUNDS });
