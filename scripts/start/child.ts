/** One supervised process: started, watched, started again with back-off after a death, stopped with SIGTERM and in the end SIGKILL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Writable } from 'node:stream';
import { backoffMs } from '../../shared/backoff.ts';
import { fastStart } from '../../shared/io/code-cache.ts';
import { LogFile, type LogFileOptions } from '../../shared/io/log-file.ts';
import type { Milestone, StartMs } from '../../shared/io/start-times.ts';
import { Random } from '../../shared/random.ts';
import { endWithUs } from './end-with-us.ts';

export type ChildOptions = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Where its stderr and stdout go; null: our stderr. */
  readonly logFile: LogFileOptions | null;
  /** Its environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Its stdin at every start; null: nothing. */
  readonly input?: Buffer | null;
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

/** One start: what ended the life before (null: the first), when it was spawned, and how long it took from there to each milestone, real ms. */
export type Start = { readonly after: string | null; readonly atMs: number; readonly ms: StartMs };

/** A life shorter than this counts as a failure in a row; one that had been ready for so long, or longer, is none. */
const SHORT_LIFE_MS = 10_000;
const SETTLED_MS = 1_000;
const STARTS_KEPT = 1_000;
const BACKOFF = { baseMs: 250, maxMs: 5_000, random: new Random(process.pid) };

export class Child {
  readonly #options: ChildOptions;
  readonly #log: Writable | null;
  #process: ChildProcess | null = null;
  #stopping = false;
  #failures = 0;
  #startedAt = 0;
  #retry: NodeJS.Timeout | undefined;
  #listeners: ((message: ChildMessage) => void)[] = [];
  #wasReady = false;
  #readyAt: number | null = null;
  #starts: readonly Start[] = [];
  /** The line with which it ended when it was asked to, as it told itself; null while it has not. */
  lastWord: string | null = null;
  restarts = 0;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#log = options.logFile === null ? null : linesTo(options.logFile);
    this.#spawn(null);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Every one, oldest first; of very many the newest. */
  get starts(): readonly Start[] {
    return this.#starts;
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
    running.kill('SIGCONT'); // one that was frozen could not clean up after itself
    const killer = setTimeout(() => running.kill('SIGKILL'), graceMs);
    const code = await ended;
    clearTimeout(killer);
    this.#log?.end();
    return code;
  }

  #spawn(after: string | null): void {
    const { command, args, ipc, env, input = null } = this.#options;
    this.#startedAt = performance.now();
    this.#readyAt = null;
    const start: Start = { after, atMs: performance.timeOrigin + this.#startedAt, ms: { protected: null, ready: null, quoting: null } };
    this.#starts = [...this.#starts.slice(1 - STARTS_KEPT), start];
    // its own process group: Ctrl-C reaches the supervisor alone, which then stops everything in order
    const stdio = [input ? 'pipe' : 'ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])] as const;
    const started = spawn(command, [...args], { stdio: [...stdio], detached: true, env: fastStart(env) });
    this.#process = started;
    started.stdin?.on('error', () => undefined); // it ended before it had read: its exit tells why
    started.stdin?.end(input);
    if (!ipc) endWithUs(started);
    const sink = this.#log ?? process.stderr;
    started.stdout?.pipe(sink, { end: false });
    started.stderr?.pipe(sink, { end: false });
    started.on('message', (message) => {
      this.#hear(message as ChildMessage);
      for (const listener of [...this.#listeners]) listener(message as ChildMessage);
    });
    started.once('error', (error) => this.#options.onFatal(`${this.name} cannot be started: ${error.message}`, 1));
    started.once('exit', (code, signal) => this.#ended(code, signal));
  }

  #hear(message: ChildMessage): void {
    if (message.kind === 'ready') [this.#wasReady, this.#readyAt] = [true, performance.now()];
    if (message.kind === 'stopped') this.lastWord = String(message['sentence']);
    const [last, ms] = [this.#starts.at(-1), Math.round(performance.now() - this.#startedAt)];
    if (message.kind === 'milestone' && last)
      this.#starts = [...this.#starts.slice(0, -1), { ...last, ms: { ...last.ms, [message['milestone'] as Milestone]: ms } }];
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#stopping) return;
    const { fatalCodes, fatalAtFirst = [] } = this.#options;
    if (code !== null && (fatalCodes.includes(code) || (!this.#wasReady && fatalAtFirst.includes(code)))) {
      this.#options.onFatal(`${this.name} ended with code ${code}; its own line above says why`, code);
      return;
    }
    const now = performance.now();
    if (now - this.#startedAt > SHORT_LIFE_MS || (this.#readyAt !== null && now - this.#readyAt > SETTLED_MS)) this.#failures = 0;
    const delayMs = backoffMs(this.#failures++, BACKOFF); // the first start again is at once
    this.restarts++;
    if (process.stdout.isTTY) process.stdout.write('\n'); // the status line stands there without an end
    const death = signal ?? `code ${code}`;
    process.stderr.write(`${this.name} died (${death}); starting it again in ${Math.round(delayMs)} ms\n`);
    this.#retry = setTimeout(() => this.#spawn(death), delayMs);
  }
}

function linesTo(options: LogFileOptions): Writable {
  const file = new LogFile(options);
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      file.write(chunk);
      done();
    },
    final: (done) => {
      file[Symbol.dispose]();
      done();
    },
  });
}
