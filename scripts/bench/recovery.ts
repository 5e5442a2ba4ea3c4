/**
 * How long a failure lasts, on loopback: a lost depth message until its book is live again, and a killed gateway or brain from its new spawn until
 * positions are protected and until a strategy's order rests at the venue. The processes run as `npm start` runs them, and tell their milestones.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { overlay } from '../../shared/config.ts';
import { loadConfig } from '../../shared/config-file.ts';
import { freePort } from '../start/ports.ts';
import { Processes } from '../start/processes.ts';
import type { Start } from '../start/child.ts';
import { type Figure, median } from './measure.ts';
import { ROOT } from './order-run.ts';
import { gapsMs } from './resync.ts';

const GAP_ROUNDS = 10;
const ROUNDS = 5;
/** So long a process lives before it is killed again: then its next start is not put off. */
const SETTLE_MS = 3_500;
const WAIT_MS = 30_000;
const GOALS_MS = { gap: 100, protected: 500, quoting: 1_500 };
const VICTIMS = ['gateway', 'brain'] as const;
type Victim = (typeof VICTIMS)[number];

export async function benchRecovery(): Promise<readonly Figure[]> {
  const gaps = await gapsMs(GAP_ROUNDS);
  await using run = await Run.open();
  const starts: Record<Victim, Start[]> = { gateway: [], brain: [] };
  for (let round = 0; round < ROUNDS; round++) for (const victim of VICTIMS) starts[victim].push(await run.kill(victim));
  return [
    figure('lost depth message -> book live again, median', { goal: GOALS_MS.gap, ms: gaps }),
    ...VICTIMS.flatMap((victim) =>
      (['protected', 'quoting'] as const).map((milestone) =>
        figure(`${victim} killed: spawn -> ${milestone}, median`, {
          goal: GOALS_MS[milestone],
          ms: starts[victim].flatMap(({ ms }) => ms[milestone] ?? []),
        }),
      ),
    ),
  ];
}

function figure(name: string, { goal, ms }: { readonly goal: number; readonly ms: readonly number[] }): Figure {
  const [least, most] = [Math.min(...ms), Math.max(...ms)].map((one) => one.toFixed(0));
  const beside = `n ${ms.length}, from ${least} to ${most} ms, on loopback`;
  return { name, value: median(ms), unit: 'ms', goal, beside, conclusive: ms.length >= ROUNDS };
}

/** All processes of a run in sim, in a folder of its own. */
class Run implements AsyncDisposable {
  readonly #processes: Processes;
  readonly #dir: string;

  private constructor(processes: Processes, dir: string) {
    this.#processes = processes;
    this.#dir = dir;
  }

  static async open(): Promise<Run> {
    const dir = mkdtempSync(join(tmpdir(), 'mmbot-recovery-'));
    const file = join(dir, 'config.json');
    const base = JSON.parse(readFileSync(join(ROOT, 'config.json'), 'utf8'));
    const own = {
      ...{ symbols: ['BTCUSDT'], runDir: 'run', redis: { url: `redis://127.0.0.1:${await freePort()}` } },
      ...{ sim: { port: await freePort() }, gateway: { metricsPort: null }, brain: { metricsPort: null } },
    };
    writeFileSync(file, JSON.stringify(overlay(base, own)));
    const loaded = loadConfig(file);
    if (!loaded.ok) throw new Error(loaded.error.join('\n'));
    const plain = { headless: true, resume: false, speed: 1, live: false, acceptUnverified: false, passphrase: null, dashboard: false };
    const run = new Run(new Processes({ loaded: loaded.value, ...plain }), dir);
    const hindrance = await run.#processes.open();
    if (hindrance) {
      await run[Symbol.asyncDispose]();
      throw new Error(hindrance.lines.join('\n'));
    }
    for (const victim of VICTIMS) await run.#quoting(victim);
    return run;
  }

  /** The start after it, once a quote rests again. */
  async kill(victim: Victim): Promise<Start> {
    await sleep(SETTLE_MS);
    const pid = this.#processes.pids[victim];
    if (pid === undefined) throw new Error(`Cannot kill the ${victim}: it does not run`);
    const before = this.#newest(victim);
    process.kill(pid, 'SIGKILL');
    return this.#quoting(victim, before);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes.stopAll();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #newest(victim: Victim): Start | undefined {
    return this.#processes.starts[victim]?.at(-1);
  }

  async #quoting(victim: Victim, before?: Start): Promise<Start> {
    const end = performance.now() + WAIT_MS;
    for (;;) {
      const start = this.#newest(victim);
      if (start && start.atMs !== before?.atMs && start.ms.protected !== null && start.ms.quoting !== null) return start;
      if (performance.now() > end) throw new Error(`The ${victim} did not quote within ${WAIT_MS} ms`);
      await sleep(20);
    }
  }
}
