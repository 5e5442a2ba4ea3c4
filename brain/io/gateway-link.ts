/** The brain's connection to the gateway: hello with a lease, heartbeats, reconnect without end. Answers are the gateway's word, null is silence. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../../shared/backoff.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import type { Answer, Pushed, Refusal, Welcome } from '../../shared/command.ts';
import { type ConnectFault, GatewayClient, type Request } from '../../shared/io/gateway-client.ts';
import type { Log } from '../../shared/log.ts';
import type { Random } from '../../shared/random.ts';
import type { Stamp } from '../../shared/snapshot.ts';
import type { MonoMs } from '../../shared/units.ts';

export type LinkOptions = {
  readonly path: string;
  readonly environment: string;
  readonly configHash: string;
  /** Of the config, ms: how long a brain that died may still stand in the way. */
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly push: boolean;
  readonly onPushed: (pushed: readonly Pushed[]) => void;
  /** A new lease: the brain starts its ids afresh. Awaited before any other command. */
  readonly onWelcome: (welcome: Welcome['welcome'], client: GatewayClient) => Promise<void>;
  readonly onLost: () => void;
  /** The snapshot last acted on, for the heartbeat. */
  readonly processed: () => Stamp | null;
  /** A refusal that no retry mends: code 2 or 4 with one line. */
  readonly onFatal: (sentence: string, code: number) => void;
};

const ANSWER_MS = 1_000;
const BEATS_PER_LEASE = 4;
/** A try costs next to nothing, and each moment without the gateway is one without quotes. */
const BACKOFF = { baseMs: 25, maxMs: 200 };
/** Another brain may just be dying: longer than its lease, and this, it cannot be in the way. */
const RIVAL_MS = 1_000;
const LEASE_ENDED: ReadonlySet<Refusal> = new Set(['no-lease', 'stale-epoch']);
const FATAL: ReadonlyMap<Refusal, number> = new Map([
  ['wrong-config', 2],
  ['wrong-environment', 2],
  ['wrong-schema', 2],
]);

export class GatewayLink implements AsyncDisposable {
  readonly #options: LinkOptions;
  #client: GatewayClient | null = null;
  #beat: Timer | null = null;
  #stopped = false;
  #rivalSince: MonoMs | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    void this.#stayConnected();
  }

  get connected(): boolean {
    return this.#client !== null;
  }

  /** Null: no answer came, so what became of it is not known; without a connection nothing was sent. */
  async request(command: Request): Promise<Answer | null> {
    const client = this.#client;
    const answer = (await client?.request(command)) ?? null;
    // our lease has ended (we were frozen, or slow): a new hello asks for a new one, and for new ids
    if (answer?.type === 'refused' && LEASE_ENDED.has(answer.code)) await client?.[Symbol.asyncDispose]();
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#beat?.cancel();
    await this.#client?.[Symbol.asyncDispose]();
  }

  async #stayConnected(): Promise<void> {
    const { path, environment, configHash, random, log, onPushed } = this.#options;
    for (let failures = 0; !this.#stopped; failures++) {
      await sleep(backoffMs(failures, { ...BACKOFF, random }));
      const connected = await GatewayClient.connect({
        path,
        role: 'brain',
        environment,
        configHash,
        name: 'brain',
        timeoutMs: ANSWER_MS,
        onPushed,
      });
      if (!connected.ok) {
        if (failures === 0) log.warn({ path }, 'Waiting for the gateway');
        this.#refused(connected.error);
        continue;
      }
      await this.#serve(connected.value);
      failures = -1; // the first try after a loss is at once
    }
  }

  async #serve(client: GatewayClient): Promise<void> {
    const { log, onWelcome, onLost, push, clock } = this.#options;
    this.#rivalSince = null;
    await onWelcome(client.welcome, client);
    if (push) await client.request({ type: 'subscribe', what: 'snapshot' });
    this.#client = client;
    log.info({ brainEpoch: client.welcome.brainEpoch, epoch: client.welcome.epoch }, 'Gateway connected');
    const beat = (): void => void this.request({ type: 'heartbeat', processed: this.#options.processed() });
    this.#beat = clock.every(client.welcome.leaseMs / BEATS_PER_LEASE, beat);
    await client.closed;
    this.#beat.cancel();
    this.#client = null;
    onLost();
    if (!this.#stopped) log.warn('Gateway lost');
  }

  #refused({ sentence, refused }: ConnectFault): void {
    const code = refused ? FATAL.get(refused.code) : undefined;
    if (code !== undefined) this.#options.onFatal(sentence, code);
    else if (refused?.code === 'brain-present') this.#meetRival(sentence);
  }

  #meetRival(sentence: string): void {
    const { clock, leaseMs, onFatal } = this.#options;
    this.#rivalSince ??= clock.monoMs();
    if (clock.monoMs() - this.#rivalSince > leaseMs + RIVAL_MS) onFatal(sentence, 4);
  }
}

/** What a query was answered with; null: nothing. */
export const dataOf = (answer: Answer | null): unknown => (answer?.type === 'data' ? answer.data : null);
