/**
 * One queue for each channel, so that a dead one delays no other: bounded, one message at a time, tried again later and later, given up
 * after a while. Nothing here waits for anything of the gateway, and nothing there waits for this.
 */
import { backoffMs } from '../../shared/backoff.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import type { Random } from '../../shared/random.ts';
import type { Channel } from './channels/channel.ts';
import { type Message, severityOf } from './message.ts';
import type { Redact } from '../../shared/redact.ts';

export type OutboxOptions = {
  readonly channels: readonly Channel[];
  readonly clock: Clock;
  readonly random: Random;
  readonly redact: Redact;
  /** `dropped`: for lack of room, or after the last try. */
  readonly onResult: (channel: string, result: 'sent' | 'failed' | 'dropped', sentence: string) => void;
};

const WAITING_MAX = 50;
const BACKOFF = { baseMs: 2_000, maxMs: 300_000 } as const;
/** A message is worth nothing any more after this long. */
const AGE_MS_MAX = 3_600_000;
const FLUSH_MS = 20;

type Entry = { readonly message: Message; readonly atMs: number };
type Line = {
  readonly channel: Channel;
  waiting: readonly Entry[];
  sending: boolean;
  failures: number;
  fault: string | null;
  retry: Timer | null;
};

export class Outbox implements Disposable {
  readonly #options: OutboxOptions;
  readonly #lines: ReadonlyMap<string, Line>;
  #disposed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const line = (channel: Channel): Line => ({ channel, waiting: [], sending: false, failures: 0, fault: null, retry: null });
    this.#lines = new Map(options.channels.map((channel) => [channel.name, line(channel)]));
  }

  put(message: Message, channels: readonly string[]): void {
    for (const name of channels) {
      const line = this.#lines.get(name);
      if (!line) continue;
      line.waiting = [...line.waiting, { message, atMs: this.#options.clock.monoMs() }];
      if (line.waiting.length > WAITING_MAX) this.#makeRoom(line);
      void this.#work(line);
    }
  }

  /** Channels whose last try failed, with its sentence. */
  failing(): ReadonlyMap<string, string> {
    return new Map([...this.#lines].flatMap(([name, { fault }]): readonly [string, string][] => (fault === null ? [] : [[name, fault]])));
  }

  /** Messages on their way now. */
  get sending(): number {
    return [...this.#lines.values()].filter(({ sending }) => sending).length;
  }

  get waiting(): number {
    return [...this.#lines.values()].reduce((sum, line) => sum + line.waiting.length, 0);
  }

  /** True when all has left in time. */
  async flush(limitMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const end = clock.monoMs() + limitMs;
    while (this.waiting > 0 && clock.monoMs() < end) await clock.sleep(FLUSH_MS);
    return this.waiting === 0;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const { retry } of this.#lines.values()) retry?.cancel();
  }

  /** The least important goes first, and of those the oldest; never the one that is on its way. */
  #makeRoom(line: Line): void {
    const candidates = line.waiting.slice(line.sending ? 1 : 0);
    const least =
      candidates.find(({ message }) => severityOf(message) === 'info') ??
      candidates.find(({ message }) => severityOf(message) === 'warning') ??
      candidates[0];
    line.waiting = line.waiting.filter((entry) => entry !== least);
    this.#options.onResult(line.channel.name, 'dropped', 'too many messages wait');
  }

  async #work(line: Line): Promise<void> {
    if (line.sending || line.retry !== null || this.#disposed) return;
    const [entry] = line.waiting;
    if (!entry) return;
    line.sending = true;
    const result = await line.channel.send(redacted(entry.message, this.#options.redact));
    line.sending = false;
    if (this.#disposed) return;
    if (result.ok) this.#sent(line, entry);
    else this.#failed(line, entry, this.#options.redact(result.error));
    void this.#work(line);
  }

  #sent(line: Line, entry: Entry): void {
    line.waiting = line.waiting.filter((one) => one !== entry);
    [line.failures, line.fault] = [0, null];
    this.#options.onResult(line.channel.name, 'sent', '');
  }

  #failed(line: Line, entry: Entry, sentence: string): void {
    const { clock, random, onResult } = this.#options;
    line.fault = sentence;
    onResult(line.channel.name, 'failed', sentence);
    if (clock.monoMs() - entry.atMs >= AGE_MS_MAX) {
      line.waiting = line.waiting.filter((one) => one !== entry);
      onResult(line.channel.name, 'dropped', `given up: ${sentence}`);
    }
    line.retry = clock.after(BACKOFF.baseMs + backoffMs(line.failures++, { ...BACKOFF, random }), () => {
      line.retry = null;
      void this.#work(line);
    });
  }
}

const redacted = (message: Message, redact: Redact): Message => ({
  ...message,
  lines: message.lines.map((line) => ({ ...line, sentence: redact(line.sentence) })),
});
