/** The gateway, the brain and the watchdog as processes without a supervisor, so that a test alone says when one dies and when one comes back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export class OwnProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  #log = '';

  constructor(name: 'gateway' | 'brain' | 'watchdog', config: string, env: Readonly<Record<string, string>> = {}) {
    const main = name === 'watchdog' ? 'scripts/watchdog.ts' : `${name}/main.ts`;
    this.#child = spawn(process.execPath, [join(ROOT, main), '--config', config], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
  }

  /** Resolves when it says that it is ready; fails with its log when it ends before. */
  async ready(): Promise<this> {
    const ended = once(this.#child, 'exit').then(() => {
      throw new Error(`Ended before it was ready:\n${this.#log.slice(-4_000)}`);
    });
    await Promise.race([once(this.#child, 'message'), ended]);
    return this;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get log(): string {
    return this.#log;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
