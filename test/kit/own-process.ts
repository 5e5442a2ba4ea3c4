/** The gateway, the brain and the watchdog as processes without a supervisor, so that a test alone says when one dies and when one comes back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fastStart } from '../../shared/io/code-cache.ts';

const ROOT = join(import.meta.dirname, '..', '..');

type Given = { readonly env?: Readonly<Record<string, string>>; readonly args?: readonly string[] };
type Message = { readonly kind: string };

export class OwnProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  #log = '';

  constructor(name: 'gateway' | 'brain' | 'watchdog', config: string, { env = {}, args = [] }: Given = {}) {
    const main = name === 'watchdog' ? 'scripts/watchdog.ts' : `${name}/main.ts`;
    this.#child = spawn(process.execPath, [join(ROOT, main), '--config', config, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...fastStart(process.env), ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
    this.#exited = once(this.#child, 'close').then(() => this.#child.exitCode); // all it said has been read by then
  }

  /** Resolves when it says that it is ready; fails with its log when it ends before. */
  async ready(): Promise<this> {
    const ready = Promise.withResolvers<void>();
    this.#child.on('message', ({ kind }: Message) => {
      if (kind === 'ready') ready.resolve();
    });
    const ended = this.#exited.then(() => {
      throw new Error(`Ended before it was ready:\n${this.#log.slice(-4_000)}`);
    });
    await Promise.race([ready.promise, ended]);
    return this;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get log(): string {
    return this.#log;
  }

  /** The last line that is no JSON: what it says to a person who started it by hand. */
  get lastWords(): string {
    return (
      this.#log
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('{'))
        .at(-1) ?? ''
    );
  }

  /** Its exit code, once it has ended by itself; null when a signal ended it. */
  get exited(): Promise<number | null> {
    return this.#exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    return this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
