/** Loaded before a process of the bench `pauses` (`--import`, its file in the query): writes down its pauses for garbage, its late loop and its CPU. */
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';

/** A histogram of node samples at this pace, and counts the pace itself in. */
const RESOLUTION_MS = 5;
const file = new URL(import.meta.url).searchParams.get('file') ?? '';
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let pausesMs: number[] = [];
const observer = new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) pausesMs.push(duration);
});

/** The start is not measured: a signal begins, the next one tells. */
let since: { readonly cpu: NodeJS.CpuUsage; readonly at: number } | null = null;
process.on('SIGUSR2', () => {
  if (since === null) {
    since = { cpu: process.cpuUsage(), at: performance.now() };
    pausesMs = [];
    observer.observe({ entryTypes: ['gc'] });
    delay.enable();
    return;
  }
  const { user, system } = process.cpuUsage(since.cpu);
  const cpuShare = (user + system) / 1_000 / (performance.now() - since.at);
  const loopMs = { p99: delay.percentile(99) / 1e6 - RESOLUTION_MS, max: delay.max / 1e6 - RESOLUTION_MS };
  writeFileSync(`${file}.part`, JSON.stringify({ pausesMs, loopMs, cpuShare, rssMb: process.memoryUsage.rss() / 1e6 }));
  renameSync(`${file}.part`, file); // whole or not there
});
