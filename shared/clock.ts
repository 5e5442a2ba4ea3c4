/**
 * All time comes from one injected clock. In `sim` it may be scaled: simulated time = origin + speed x real time, and then wire
 * timestamps, timers, leases and TTLs scale together. Processes that share a simulated day are given the same `ClockSpec`.
 */
import { type MonoMs, monoMs, type WallMs, wallMs } from './units.ts';

export type Timer = { readonly cancel: () => void };

export interface Clock {
  /** Monotonic milliseconds (fractional), simulated. */
  monoMs(): MonoMs;
  /** Milliseconds since the epoch, UTC, simulated. */
  wallMs(): WallMs;
  /** Runs once after `delayMs` of this clock's time, to the millisecond of real time that timers have. */
  after(delayMs: number, run: () => void): Timer;
  /** Runs every `periodMs` of this clock's time on a fixed grid (late runs are skipped, never bunched). */
  every(periodMs: number, run: () => void): Timer;
  sleep(delayMs: number): Promise<void>;
}

export type ClockSpec = {
  /** Simulated wall time at `originRealMs`. */
  readonly originMs: number;
  readonly originRealMs: number;
  readonly speed: number;
};

/** Reads the form that `formatClockSpec` writes; null when malformed. */
export function parseClockSpec(text: string): ClockSpec | null {
  const match = /^(\d+(?:\.\d+)?)@(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)$/.exec(text);
  if (!match) return null;
  const spec = { originMs: Number(match[1]), originRealMs: Number(match[2]), speed: Number(match[3]) };
  return spec.speed > 0 && spec.speed <= 1_000 ? spec : null;
}

export const formatClockSpec = (spec: ClockSpec): string => `${spec.originMs}@${spec.originRealMs}x${spec.speed}`;

/**
 * A limit of silence or delay on a clock of that speed, ms of that clock: a second of real time, or the limit where it is shorter, is
 * granted at every speed, because sockets and processes do not get faster with the clock.
 */
export const patienceMs = (ms: number, speed: number): number => Math.max(ms, Math.min(ms, 1_000) * speed);

/** Node runs a longer timer at once. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** The machine's clock, or a scaled one. */
export function systemClock(spec?: ClockSpec): Clock {
  const speed = spec?.speed ?? 1;
  const mono = (): MonoMs => monoMs(performance.now() * speed);
  const wall = (): WallMs => (spec ? wallMs(spec.originMs + (realWallMs() - spec.originRealMs) * spec.speed) : wallMs(Date.now()));
  const after = (delayMs: number, run: () => void): Timer => {
    const dueAt = performance.now() + Math.max(0, delayMs / speed);
    let handle: NodeJS.Timeout;
    const arm = (): void => {
      const leftMs = dueAt - performance.now();
      handle = leftMs > TIMEOUT_MS_MAX ? setTimeout(arm, TIMEOUT_MS_MAX) : setTimeout(run, Math.max(0, leftMs));
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  };
  return {
    monoMs: mono,
    wallMs: () => wallMs(Math.floor(wall())),
    after,
    every: (periodMs, run) => everyOnGrid({ periodMs, run, now: mono, after }),
    sleep: (delayMs) => new Promise((resolve) => after(delayMs, resolve)),
  };
}

/** A clock that only moves when told; timers run in order of their time. For tests, backtests and virtual-time runs. */
export class VirtualClock implements Clock {
  #mono = 0;
  readonly #originMs: number;
  #timers: { at: number; id: number; run: () => void }[] = [];
  #ids = 0;

  constructor(originMs = 1_700_000_000_000) {
    this.#originMs = originMs;
  }

  monoMs(): MonoMs {
    return monoMs(this.#mono);
  }

  wallMs(): WallMs {
    return wallMs(Math.floor(this.#originMs + this.#mono));
  }

  after(delayMs: number, run: () => void): Timer {
    const timer = { at: this.#mono + Math.max(0, delayMs), id: this.#ids++, run };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  every(periodMs: number, run: () => void): Timer {
    return everyOnGrid({ periodMs, run, now: () => this.monoMs(), after: (delayMs, each) => this.after(delayMs, each) });
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Moves on, running every timer that falls due on the way. */
  advance(byMs: number): void {
    const end = this.#mono + byMs;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#mono = Math.max(this.#mono, due.at);
      due.run();
    }
    this.#mono = Math.max(this.#mono, end);
  }
}

type Grid = { readonly periodMs: number; readonly run: () => void; readonly now: () => MonoMs; readonly after: Clock['after'] };

function everyOnGrid({ periodMs, run, now, after }: Grid): Timer {
  let due = now() + periodMs;
  let timer: Timer;
  const next = (): void => {
    timer = after(due - now(), () => {
      due += periodMs * Math.max(1, Math.floor((now() - due) / periodMs) + 1); // strictly later, also when a timer came early
      next();
      run();
    });
  };
  next();
  return { cancel: () => timer.cancel() };
}

const realWallMs = (): number => performance.timeOrigin + performance.now();
