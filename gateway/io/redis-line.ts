/**
 * A connection to Redis for what is written at every tick: many commands go out as one text and come back as plain replies, without an object,
 * a promise and a timer for each. Opened again for ever once it was open; what was on its way when it broke is told as failed.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { RedisOptions } from 'ioredis';
import { encodeCommands, Replies, type Reply, type RespCommand, RespError } from '../publish/resp.ts';

export type LineOptions = {
  /** Where and as whom, as the client has read them from its URL. */
  readonly redis: Pick<RedisOptions, 'host' | 'port' | 'path' | 'family' | 'tls' | 'username' | 'password' | 'db'>;
  /** For a connection with its login, and for an answer. */
  readonly answerMs: number;
  readonly retryMs: (times: number) => number;
  /** It is open again. */
  readonly onBack: () => void;
  readonly onClosed: () => void;
};
type Waiting = {
  readonly count: number;
  readonly replies: Reply[];
  readonly resolve: (replies: readonly Reply[]) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
};

export class RedisLine implements Disposable {
  readonly #options: LineOptions;
  #socket: Socket | null = null;
  #waiting: Waiting[] = [];
  #isOpen = false;
  #isOver = false;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Connects and logs in; rejects where that cannot be, and then tries no more. */
  async open(): Promise<void> {
    const { redis, answerMs, onClosed } = this.#options;
    const socket = socketTo(redis);
    const replies = new Replies();
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#take(bytes, replies));
    socket.on('error', () => undefined); // 'close' tells the rest
    socket.once('close', () => {
      const wasOpen = this.#isOpen;
      this.#isOpen = false;
      this.#fail(new Error('connection to Redis closed'));
      if (wasOpen) onClosed();
      if (wasOpen) this.#again();
    });
    await untilConnected(socket, answerMs);
    const refused = (await this.#exchange(loginOf(redis))).find((reply) => reply instanceof RespError);
    if (refused) {
      socket.destroy();
      throw refused;
    }
    this.#isOpen = true;
  }

  /** One reply a command, in order; rejects when the connection is not open, breaks, or stays silent for too long. */
  send(commands: readonly RespCommand[]): Promise<readonly Reply[]> {
    return this.#isOpen ? this.#exchange(commands) : Promise.reject(new Error('no connection to Redis'));
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#retry);
    this.#socket?.destroy();
  }

  #exchange(commands: readonly RespCommand[]): Promise<readonly Reply[]> {
    const socket = this.#socket;
    if (!socket || socket.closed) return Promise.reject(new Error('no connection to Redis'));
    if (commands.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(), this.#options.answerMs); // whose answer the next bytes are is not known then
      this.#waiting.push({ count: commands.length, replies: [], resolve, reject, timer });
      socket.write(encodeCommands(commands));
    });
  }

  #take(bytes: Buffer, from: Replies): void {
    try {
      for (const reply of from.push(bytes)) this.#answer(reply);
    } catch {
      this.#socket?.destroy(); // not what Redis says: nothing on it can be trusted
    }
  }

  #answer(reply: Reply): void {
    const [first] = this.#waiting;
    if (!first) throw new RangeError('Redis answered what was not asked');
    first.replies.push(reply);
    if (first.replies.length < first.count) return;
    this.#waiting.shift();
    clearTimeout(first.timer);
    first.resolve(first.replies);
  }

  #fail(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { timer, reject } of waiting) {
      clearTimeout(timer);
      reject(error);
    }
  }

  #again(): void {
    if (this.#isOver) return;
    this.#retry = setTimeout(
      () => {
        this.open().then(
          () => {
            this.#failures = 0;
            this.#options.onBack();
          },
          () => this.#again(),
        );
      },
      this.#options.retryMs(++this.#failures),
    );
  }
}

function socketTo({ path, host = '127.0.0.1', port = 6_379, family, tls }: LineOptions['redis']): Socket {
  if (path) return connect(path);
  const to = { host, port, noDelay: true, keepAlive: true, ...(family === undefined ? {} : { family }) };
  return tls ? connectTls({ ...to, ...tls }) : connect(to);
}

function loginOf({ username, password, db }: LineOptions['redis']): readonly RespCommand[] {
  const auth = password ? [['AUTH', ...(username ? [username] : []), password]] : [];
  return [...auth, ...(db ? [['SELECT', String(db)]] : [])];
}

function untilConnected(socket: Socket, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => socket.destroy(new Error(`no connection within ${withinMs} ms`)), withinMs);
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
      clearTimeout(late);
      resolve();
    });
    socket.once('error', reject);
    socket.once('close', () => {
      clearTimeout(late);
      reject(new Error('connection to Redis closed'));
    });
  });
}
