/**
 * The parts of prom-client that every process counts with. Its index loads eighty files more, most of them for tracing, which is a tenth of
 * a start; who serves a page of metrics loads it whole, later.
 */
import { createRequire } from 'node:module';
import type * as whole from 'prom-client';

const load = createRequire(import.meta.url);

export const Registry = load('prom-client/lib/registry.js') as typeof whole.Registry;
export const Counter = load('prom-client/lib/counter.js') as typeof whole.Counter;
export const Gauge = load('prom-client/lib/gauge.js') as typeof whole.Gauge;
export const Histogram = load('prom-client/lib/histogram.js') as typeof whole.Histogram;
