/** A Redis with the shipped configuration and users, on a socket of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { ROOT } from './run.ts';

const OPS_REDIS = join(ROOT, 'scripts/ops/redis');
export type RedisUser = 'gateway' | 'brain' | 'reader' | 'admin';

export class AclRedis implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'mmbot-acl-'));
  readonly socket = join(this.dir, 'redis.sock');
  readonly #process: ChildProcess;
  #log = '';

  private constructor() {
    execFileSync(join(OPS_REDIS, 'make-users.sh'), [this.dir], { stdio: 'pipe' });
    mkdirSync(join(this.dir, 'data'));
    const shipped = readFileSync(join(OPS_REDIS, 'redis.conf'), 'utf8');
    const own = [
      ['/run/mmbot-redis/redis.sock', this.socket],
      ['/etc/mmbot/redis/users.acl', join(this.dir, 'users.acl')],
      ['/var/lib/mmbot-redis', join(this.dir, 'data')],
    ].reduce((text, [from = '', to = '']) => text.replaceAll(from, to), shipped);
    writeFileSync(join(this.dir, 'redis.conf'), own);
    this.#process = spawn('redis-server', [join(this.dir, 'redis.conf')], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
  }

  static async start(): Promise<AclRedis> {
    const redis = new AclRedis();
    while (!existsSync(redis.socket)) {
      if (redis.#process.exitCode !== null) throw new Error(`Redis did not start:\n${redis.#log}`);
      await sleep(10);
    }
    return redis;
  }

  passwordFile(user: RedisUser): string {
    return join(this.dir, `${user}.password`);
  }

  /** As the processes get it. */
  env(user: RedisUser): Readonly<Record<string, string>> {
    return { MMBOT_REDIS_USER: `mmbot-${user}`, MMBOT_REDIS_PASSWORD_FILE: this.passwordFile(user) };
  }

  async client(user: RedisUser | null): Promise<Redis> {
    const login = user === null ? {} : { username: `mmbot-${user}`, password: readFileSync(this.passwordFile(user), 'utf8').trim() };
    const redis = new Redis(this.socket, { ...login, lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
    redis.on('error', () => undefined); // told by the call that failed
    return redis;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGTERM');
      await ended;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}
