/**
 * The watchdog's looks at the gateway, by two ways that fail apart: an answer on its socket, and a header in Redis that moves on. Either
 * is a sign of life. An answer may take as long as a gateway may be silent, so that a slow one is never taken for dead.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { redisAddress, redisLogin } from '../../shared/io/redis-login.ts';
import { type AlarmDoc, AlarmsAnswer } from '../../shared/alarm.ts';
import { accountHash } from '../../shared/config.ts';
import type { Loaded } from '../../shared/config-file.ts';
import { GatewayClient } from '../../shared/io/gateway-client.ts';
import { LIFE_FILE, type Life, readLife } from '../../shared/life-file.ts';
import { BrainDoc } from '../../shared/brain-doc.ts';
import { Header, keysOf } from '../../shared/snapshot.ts';
import { brainSocketPath } from '../../shared/socket-path.ts';

export type EyesOptions = { readonly loaded: Loaded; readonly apiKey: string; readonly accountDir: string };
export type Sighting = {
  /** A living gateway did something since the last look. */
  readonly sign: boolean;
  /** The newest header by either way; null before the first. */
  readonly header: Header | null;
  /** What the brain that holds the lease last said of its risk; null while it says nothing. */
  readonly risk: BrainDoc['risk'] | null;
  /** Raised since the last look. */
  readonly alarms: readonly AlarmDoc[];
  /** What it last said of itself; null when none has ever run here. */
  readonly life: Life | null;
};

const REDIS_MS = 500;

export class Eyes implements AsyncDisposable {
  readonly #options: EyesOptions;
  readonly #redis: Redis;
  readonly #hash: string;
  #client: GatewayClient | null = null;
  #asking = false;
  #sign = false;
  #header: Header | null = null;
  #redisSeen = '';
  #risk: BrainDoc['risk'] | null = null;
  #alarms: readonly AlarmDoc[] = [];
  #alarmsOf = { epoch: 0, n: 0 };
  #disposed = false;

  constructor(options: EyesOptions) {
    this.#options = options;
    this.#hash = accountHash(options.apiKey);
    this.#redis = new Redis(redisAddress(options.loaded.config.redis.url), {
      ...redisLogin(),
      ...{ commandTimeout: REDIS_MS, connectTimeout: REDIS_MS, maxRetriesPerRequest: 0, enableOfflineQueue: false },
      retryStrategy: () => REDIS_MS,
    });
    this.#redis.on('error', () => undefined); // silence by this way is what it looks like
  }

  /** What was seen since the last look. An answer that is still on its way counts at the next. */
  async look(): Promise<Sighting> {
    void this.#ask();
    await this.#readRedis();
    const sighting = { sign: this.#sign, header: this.#header, risk: this.#risk, alarms: this.#alarms, life: this.#readLife() };
    [this.#sign, this.#alarms] = [false, []];
    return sighting;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#redis.disconnect();
    await this.#client?.[Symbol.asyncDispose]();
  }

  /** One question at a time, for as long as it takes. */
  async #ask(): Promise<void> {
    if (this.#asking || this.#disposed) return;
    this.#asking = true;
    const client = this.#client ?? (await this.#connect());
    const answer = (await client?.request({ type: 'query', what: 'status' })) ?? null;
    const header = Header.safeParse(answer?.type === 'data' ? answer.data : null);
    if (header.success) this.#saw(header.data);
    if (client !== null && header.success) await this.#readAlarms(client);
    if (client !== null && answer === null) await this.#hangUp(client);
    this.#asking = false;
  }

  async #connect(): Promise<GatewayClient | null> {
    const { accountDir, loaded } = this.#options;
    const { gateway, environment, watchdog } = loaded.config;
    const path = brainSocketPath({ accountDir, configured: gateway.socketPath, runtimeDir: process.env['XDG_RUNTIME_DIR'] });
    if (!path.ok) return null;
    const connected = await GatewayClient.connect({
      path: path.value,
      role: 'observer',
      environment,
      name: 'watchdog',
      timeoutMs: watchdog.silenceMs,
    });
    if (!connected.ok) {
      if (connected.error.refused !== null) this.#sign = true; // it says no, so it lives
      return null;
    }
    this.#client = connected.value;
    void connected.value.closed.then(() => {
      if (this.#client === connected.value) this.#client = null;
    });
    return connected.value;
  }

  async #hangUp(client: GatewayClient): Promise<void> {
    if (this.#client === client) this.#client = null;
    await client[Symbol.asyncDispose]();
  }

  async #readAlarms(client: GatewayClient): Promise<void> {
    const epoch = this.#header?.epoch ?? 0;
    if (this.#alarmsOf.epoch !== epoch) this.#alarmsOf = { epoch, n: 0 };
    const answer = await client.request({ type: 'query', what: 'alarms', after: this.#alarmsOf.n });
    const read = AlarmsAnswer.safeParse(answer?.type === 'data' ? answer.data : null);
    if (!read.success || read.data.epoch !== this.#alarmsOf.epoch) return;
    this.#alarms = [...this.#alarms, ...read.data.alarms];
    this.#alarmsOf = { epoch, n: read.data.alarms.at(-1)?.n ?? this.#alarmsOf.n };
  }

  /** A key that stays as it was is what a dead gateway leaves. */
  async #readRedis(): Promise<void> {
    this.#risk = null;
    if (this.#redis.status !== 'ready') return;
    const keys = keysOf(this.#options.loaded.config.redis.prefix);
    try {
      const [text, brainText] = await this.#redis.mget(keys.header, keys.brain);
      const header = Header.safeParse(JSON.parse(text ?? 'null'));
      if (!header.success || header.data.accountHash !== this.#hash) return;
      const seen = `${header.data.epoch} ${header.data.seq}`;
      if (seen !== this.#redisSeen && this.#redisSeen !== '') this.#saw(header.data);
      this.#redisSeen = seen;
      const brain = BrainDoc.safeParse(JSON.parse(brainText ?? 'null'));
      if (brain.success && brain.data.brainEpoch === header.data.brainEpoch) this.#risk = brain.data.risk;
    } catch {
      // no answer, or not a header: no sign by this way
    }
  }

  #saw(header: Header): void {
    this.#sign = true;
    const older =
      this.#header !== null &&
      (header.epoch < this.#header.epoch || (header.epoch === this.#header.epoch && header.seq < this.#header.seq));
    if (!older) this.#header = header;
  }

  #readLife(): Life | null {
    try {
      return readLife(readFileSync(join(this.#options.accountDir, LIFE_FILE), 'utf8'));
    } catch {
      return null; // none has run here
    }
  }
}
