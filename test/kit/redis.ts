/** A real redis-server of a test's own, on a free port; it remembers nothing unless a test wants that. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../scripts/start/ports.ts';

export class TestRedis implements AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly #dir = mkdtempSync(join(tmpdir(), 'mmbot-redis-'));
  readonly #persists: boolean;
  #process: ChildProcess | null = null;

  private constructor(port: number, persists: boolean) {
    this.port = port;
    this.#persists = persists;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async start({ persists = false } = {}): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), persists);
    await redis.boot();
    return redis;
  }

  /** Starts it (again), empty or with what it had. */
  async boot(): Promise<void> {
    const persistence = this.#persists ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--save', ''];
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', ...persistence, '--dir', this.#dir];
    this.#process = spawn('redis-server', args, { stdio: 'ignore' });
    while (!(await answers(this.port))) await sleep(10);
  }

  async kill(): Promise<void> {
    const running = this.#process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.end());
  });
}
