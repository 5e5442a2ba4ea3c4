/** A whole run of `npm start` for a bench: its configuration, its processes and what they take, its ports. */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { overlay } from '../../shared/config.ts';
import { unwatched } from '../../shared/risk.ts';
import { freePort } from '../start/ports.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
export const NAMES = ['sim', 'gateway', 'brain'] as const;
const READY_TRIES = 300;
const TRY_MS = 100;

export type Sample = { readonly cpuTicks: number; readonly rssMb: number };
/** Kernel clock ticks a second in /proc/PID/stat. */
export const TICKS = 100;

export async function writeConfig(dir: string, symbols: readonly string[]): Promise<string> {
  const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
  const own = {
    symbols,
    runDir: 'run',
    redis: { url: `redis://127.0.0.1:${await freePort()}` },
    sim: { port: 0 },
    gateway: { metricsPort: null },
    brain: { metricsPort: null },
    dashboard: { port: 0 },
    risk: unwatched(), // a busy machine is not what is measured
    limits: { maxGrossNotional: '1000000', default: { maxPosition: '100', maxOrderNotional: '50000' } },
    strategy: { marketMaking: { orderSize: '0.100', maxInventory: '0.500' } },
  };
  mkdirSync(join(dir, 'run'), { mode: 0o700 });
  const file = join(dir, 'config.json');
  writeFileSync(file, JSON.stringify(overlay(base, own)));
  return file;
}

export async function untilReady(dir: string): Promise<void> {
  for (let i = 0; i < READY_TRIES; i++) {
    await sleep(TRY_MS);
    try {
      if (sample(dir).size === NAMES.length) return;
    } catch {
      // not there yet: asked again, and told below
    }
  }
  throw new Error('The run did not start');
}

export const pids = (dir: string): Record<string, number> => JSON.parse(readFileSync(join(dir, 'run/start/pids.json'), 'utf8'));
export const accountDir = (dir: string): string => {
  const found = /sim-[0-9a-f]{12}/.exec(readFileSync(`/proc/${pids(dir)['gateway']}/maps`, 'utf8'));
  if (!found) throw new Error('The gateway has no account folder open');
  return found[0];
};

export function sample(dir: string): ReadonlyMap<string, Sample> {
  return new Map(
    NAMES.map((name) => {
      const stat = readFileSync(`/proc/${pids(dir)[name]}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pids(dir)[name]}/status`, 'utf8'))?.[1] ?? '0';
      return [name, { cpuTicks: Number(stat[11]) + Number(stat[12]), rssMb: Number(rss) / 1_024 }];
    }),
  );
}

export function textOf(run: ChildProcess): Promise<string> {
  let text = '';
  run.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve) => run.once('close', () => resolve(text)));
}
