/** A connection to a running gateway, for the brain and for a person's tools: pipelined requests, each with its own id and deadline. */
import { createConnection, type Socket } from 'node:net';
import { ANSWER, type Answer, type ClientRole, type Command, type Pushed, type Refused, type Welcome } from '../command.ts';
import { frame, LineSplitter } from '../framing.ts';
import { plainCheck } from '../plain-check.ts';
import { err, ok, type Result } from '../result.ts';
import { SCHEMA_VERSION } from '../snapshot.ts';

type WithoutId<T> = T extends { id: unknown } ? Omit<T, 'id'> : never;
/** Any command; the client adds the `id`. */
export type Request = WithoutId<Command>;
export type ConnectOptions = {
  readonly path: string;
  readonly role: ClientRole;
  readonly environment: string;
  readonly name: string;
  readonly configHash?: string;
  readonly timeoutMs?: number;
  /**
   * Snapshots that the gateway sends unasked after `subscribe`, together where they wait at the same time: what each adds to the one before,
   * from the newest whole one on, with the entries of those that are left out.
   */
  readonly onPushed?: (pushed: readonly Pushed[]) => void;
};
/** `refused`: the gateway is there and says no. Null: nobody answers. */
export type ConnectFault = { readonly sentence: string; readonly refused: Refused | null };

const TIMEOUT_MS = 5_000;
/** The gateway may answer with more than it accepts: a whole book is some hundred kilobytes. */
const ANSWER_BYTES_MAX = 8 * 1_024 * 1_024;
/** What a socket hands over at a time; behind so much there is more. */
const CHUNK_BYTES = 65_536;

export class GatewayClient implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #splitter = new LineSplitter(ANSWER_BYTES_MAX);
  readonly #waiting = new Map<number, (answer: Answer | null) => void>();
  readonly #timeoutMs: number;
  readonly #onPushed: (pushed: readonly Pushed[]) => void;
  #ids = 0;
  #pushed: Pushed[] = [];
  #welcome: Welcome['welcome'] | null = null;
  /** Snapshots from this one on were made under the lease that the welcome granted. */
  visibleFrom = 0;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket, { timeoutMs = TIMEOUT_MS, onPushed = () => undefined }: ConnectOptions) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    this.#onPushed = onPushed;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => this.#dropAll()); // 'close' follows; each waiting request gets its answer: none
    this.closed = new Promise((resolve) => socket.once('close', () => resolve(this.#dropAll())));
  }

  /** Connects and says hello. */
  static async connect(options: ConnectOptions): Promise<Result<GatewayClient, ConnectFault>> {
    const opened = await open(options.path);
    if (!opened.ok) return err({ sentence: opened.error, refused: null });
    const client = new GatewayClient(opened.value, options);
    const { role, environment, name, configHash } = options;
    const hello = { type: 'hello', role, schema: SCHEMA_VERSION, environment, name } as const;
    const answer = await client.request(configHash === undefined ? hello : { ...hello, configHash });
    if (answer?.type === 'taken' && 'welcome' in answer) {
      client.#welcome = answer.welcome;
      client.visibleFrom = answer.seq;
      return ok(client);
    }
    await client[Symbol.asyncDispose]();
    if (answer?.type === 'refused') return err({ sentence: `The gateway refused: ${answer.sentence}`, refused: answer });
    return err({ sentence: `No answer from the gateway at ${options.path}`, refused: null });
  }

  /** What the gateway said of itself at hello. */
  get welcome(): Welcome['welcome'] {
    if (!this.#welcome) throw new Error('Cannot tell the welcome: not connected yet');
    return this.#welcome;
  }

  /** The answer to one command; null when none came in time or the connection was lost: then the outcome is not known. */
  request(command: Request): Promise<Answer | null> {
    const id = this.#ids++;
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const settle = (answer: Answer | null): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(answer);
      };
      if (this.#socket.destroyed) {
        settle(null);
        return;
      }
      this.#waiting.set(id, settle);
      this.#socket.write(frame({ id, ...command })); // first of all: an order waits for nothing
      timer = setTimeout(() => settle(null), this.#timeoutMs);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  #read(chunk: Buffer): void {
    for (const framed of this.#splitter.push(chunk)) {
      if (framed.kind === 'too-large') {
        this.#socket.destroy();
        return;
      }
      const answer = parse(framed.text);
      if (answer?.type === 'snapshot') this.#hold(answer);
      else if (answer && answer.id !== null) this.#waiting.get(answer.id)?.(answer);
    }
    if (chunk.length < CHUNK_BYTES) this.#tellPushed();
    else setImmediate(() => this.#tellPushed());
  }

  /** Whoever was slow, or stood still, does not work through moments that are over. */
  #hold(pushed: Pushed): void {
    const before = this.#pushed.flatMap(({ entries = [] }) => entries);
    if (pushed.base !== undefined) this.#pushed.push(pushed);
    else this.#pushed = [before.length === 0 ? pushed : { ...pushed, entries: [...before, ...(pushed.entries ?? [])] }];
  }

  #tellPushed(): void {
    const pushed = this.#pushed;
    this.#pushed = [];
    if (pushed.length > 0 && !this.#socket.destroyed) this.#onPushed(pushed);
  }

  #dropAll(): void {
    for (const settle of [...this.#waiting.values()]) settle(null);
  }
}

const isAnswer = plainCheck(ANSWER);

/** Null: not a message of the contract; who waits for it gets no answer. */
function parse(text: string): Answer | Pushed | null {
  try {
    const value: unknown = JSON.parse(text);
    if (isAnswer(value)) return value as Answer | Pushed;
    const parsed = ANSWER.safeParse(value);
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // not JSON
  }
}

function open(path: string): Promise<Result<Socket, string>> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const failed = (error: NodeJS.ErrnoException): void => resolve(err(`No gateway answers at ${path} (${error.code ?? error.message})`));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      resolve(ok(socket));
    });
  });
}
