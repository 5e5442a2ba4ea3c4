/** One supervised process: started, watched, started again with back-off after a death, stopped with SIGTERM and in the end SIGKILL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { backoffMs } from '../../shared/backoff.ts';
import { Random } from '../../shared/random.ts';
import { endWithUs } from './end-with-us.ts';

export type ChildOptions = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Where its stderr and stdout go; null: our stderr. */
  readonly logFile: string | null;
  /** True: it sends `{kind:'ready', …}` over IPC when it works, and ends when IPC does. False: a server we probe ourselves and must end. */
  readonly ipc: boolean;
  /** Exit codes that no restart mends (a config error, a safety refusal). */
  readonly fatalCodes: readonly number[];
  /** The same while it has never been ready: nobody waits for a first start that cannot be. */
  readonly fatalAtFirst?: readonly number[];
  readonly onFatal: (sentence: string, code: number) => void;
};

/** A message of a child over IPC; `kind` names it, the rest depends on it. */
export type ChildMessage = { readonly kind: string; readonly [field: string]: unknown };

/** A life shorter than this counts as a failure in a row. */
const SHORT_LIFE_MS = 10_000;
const BACKOFF = { baseMs: 250, maxMs: 5_000, random: new Random(process.pid) };

export class Child {
  readonly #options: ChildOptions;
  readonly #log: WriteStream | null;
  #process: ChildProcess | null = null;
  #stopping = false;
  #failures = 0;
  #startedAt = 0;
  #retry: NodeJS.Timeout | undefined;
  #listeners: ((message: ChildMessage) => void)[] = [];
  #wasReady = false;
  restarts = 0;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#log = options.logFile === null ? null : createWriteStream(options.logFile, { flags: 'a' });
    this.#spawn();
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get name(): string {
    return this.#options.name;
  }

  /** The first message of that kind, from this life or a later one; null after `timeoutMs`. */
  message(kind: string, timeoutMs: number): Promise<ChildMessage | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(null), timeoutMs).unref(); // no reason to live on when nothing runs any more
      const settle = (message: ChildMessage | null): void => {
        clearTimeout(timer);
        this.#listeners = this.#listeners.filter((other) => other !== listener);
        resolve(message);
      };
      const listener = (message: ChildMessage): void => {
        if (message.kind === kind) settle(message);
      };
      this.#listeners.push(listener);
    });
  }

  /** Asks it to end and waits; null when it had to be killed or was dead already. */
  async stop(graceMs: number): Promise<number | null> {
    this.#stopping = true;
    clearTimeout(this.#retry);
    const running = this.#process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return running?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => running.once('exit', (code) => resolve(code)));
    running.kill('SIGTERM');
    const killer = setTimeout(() => running.kill('SIGKILL'), graceMs);
    const code = await ended;
    clearTimeout(killer);
    this.#log?.end();
    return code;
  }

  #spawn(): void {
    const { command, args, ipc } = this.#options;
    this.#startedAt = performance.now();
    // its own process group: Ctrl-C reaches the supervisor alone, which then stops everything in order
    const started = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])], detached: true });
    this.#process = started;
    if (!ipc) endWithUs(started);
    const sink = this.#log ?? process.stderr;
    started.stdout?.pipe(sink, { end: false });
    started.stderr?.pipe(sink, { end: false });
    started.on('message', (message) => {
      if ((message as ChildMessage).kind === 'ready') this.#wasReady = true;
      for (const listener of [...this.#listeners]) listener(message as ChildMessage);
    });
    started.once('error', (error) => this.#options.onFatal(`${this.name} cannot be started: ${error.message}`, 1));
    started.once('exit', (code, signal) => this.#ended(code, signal));
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#stopping) return;
    const { fatalCodes, fatalAtFirst = [] } = this.#options;
    if (code !== null && (fatalCodes.includes(code) || (!this.#wasReady && fatalAtFirst.includes(code)))) {
      this.#options.onFatal(`${this.name} ended with code ${code}; its own line above says why`, code);
      return;
    }
    if (performance.now() - this.#startedAt > SHORT_LIFE_MS) this.#failures = 0;
    const delayMs = backoffMs(this.#failures++, BACKOFF); // the first start again is at once
    this.restarts++;
    if (process.stdout.isTTY) process.stdout.write('\n'); // the status line stands there without an end
    process.stderr.write(`${this.name} died (${signal ?? `code ${code}`}); starting it again in ${Math.round(delayMs)} ms\n`);
    this.#retry = setTimeout(() => this.#spawn(), delayMs);
  }
}
