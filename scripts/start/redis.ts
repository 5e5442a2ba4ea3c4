/** The Redis of a run: the one in config.json when it answers; in `sim` else a private server of our own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { hidePassword } from '../../shared/config-problem.ts';
import { redisAddress, redisLogin } from '../../shared/io/redis-login.ts';
import type { LogFileOptions } from '../../shared/io/log-file.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { SOCKET_PATH_BYTES_MAX } from '../../shared/socket-path.ts';
import { Child } from './child.ts';
import { freePortNear } from './ports.ts';

export type RunningRedis = {
  readonly url: string;
  /** Null: it was there before us. */
  readonly child: Child | null;
  /** Of the one that is ours, for people's tools: it also listens on loopback. */
  readonly port?: number;
};
export type RedisOptions = {
  readonly url: string;
  /** Only in `sim` may we start one ourselves. */
  readonly mayStart: boolean;
  readonly dir: string;
  readonly logFile: LogFileOptions | null;
  readonly env: NodeJS.ProcessEnv;
  readonly onFatal: (sentence: string) => void;
};

const ANSWER_MS = 1_000;
const START_MS = 10_000;

export async function ensureRedis({ url, mayStart, dir, logFile, env, onFatal }: RedisOptions): Promise<Result<RunningRedis, string>> {
  if (await answers(url)) return ok({ url, child: null });
  if (!mayStart) return err(`Redis does not answer at ${hidePassword(url)}: start one, or correct redis.url in config.json`);
  const server = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
  if (!server) return err(`Redis does not answer at ${hidePassword(url)}, and there is no redis-server on this machine: run scripts/setup`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const port = await freePortNear(portOf(url));
  const socket = socketIn(dir);
  const listens = ['--port', String(port), '--bind', '127.0.0.1', ...(socket ? ['--unixsocket', socket, '--unixsocketperm', '700'] : [])];
  const args = [...listens, '--save', '', '--appendonly', 'no', '--dir', dir];
  const child = new Child({ name: 'redis', command: server, args, logFile, env, ipc: false, fatalCodes: [], onFatal });
  const own = socket ? `unix://${socket}` : `redis://127.0.0.1:${port}`;
  if (await answersWithin(own, START_MS)) return ok({ url: own, child, port });
  await child.stop(1_000);
  return err(`${server} was started on port ${port} but does not answer`);
}

/** A fifth faster than loopback; null where the path is too long for a socket. */
function socketIn(dir: string): string | null {
  const path = join(dir, 'redis.sock');
  return Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX ? path : null;
}

/** 0 when the URL names no TCP port. */
export function portOf(url: string): number {
  return url.startsWith('unix:') ? 0 : Number(new URL(url).port || 6_379);
}

async function answersWithin(url: string, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    if (await answers(url)) return true;
    await sleep(20);
  }
  return false;
}

async function answers(url: string): Promise<boolean> {
  const redis = new Redis(redisAddress(url), {
    ...redisLogin(),
    lazyConnect: true,
    connectTimeout: ANSWER_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => undefined); // the answer below is what counts
  try {
    await redis.connect();
    return (await redis.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}
