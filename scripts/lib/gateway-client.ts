/** A person's tools talk to a running gateway through this: one connection, pipelined requests, each with its own id and deadline. */
import { createConnection, type Socket } from 'node:net';
import { ANSWER, type Answer, type ClientRole, type Command, type Welcome } from '../../shared/command.ts';
import { frame, LineSplitter } from '../../shared/framing.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { SCHEMA_VERSION } from '../../shared/snapshot.ts';

type WithoutId<T> = T extends { id: unknown } ? Omit<T, 'id'> : never;
/** Any command; the client adds the `id`. */
export type Request = WithoutId<Command>;
export type ConnectOptions = {
  readonly path: string;
  readonly role: ClientRole;
  readonly environment: string;
  readonly name: string;
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 5_000;

export class GatewayClient implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #splitter = new LineSplitter();
  readonly #waiting = new Map<number, (answer: Answer | null) => void>();
  readonly #timeoutMs: number;
  #ids = 0;
  #welcome: Welcome['welcome'] | null = null;

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('close', () => this.#dropAll());
    socket.on('error', () => this.#dropAll()); // 'close' follows; each waiting request gets its answer: none
  }

  /** Connects and says hello; a sentence when nobody listens, or when the gateway refuses. */
  static async connect({ path, role, environment, name, timeoutMs = TIMEOUT_MS }: ConnectOptions): Promise<Result<GatewayClient, string>> {
    const opened = await open(path);
    if (!opened.ok) return opened;
    const client = new GatewayClient(opened.value, timeoutMs);
    const answer = await client.request({ type: 'hello', role, schema: SCHEMA_VERSION, environment, name });
    if (answer?.type === 'taken' && 'welcome' in answer) {
      client.#welcome = answer.welcome;
      return ok(client);
    }
    await client[Symbol.asyncDispose]();
    return err(answer?.type === 'refused' ? `The gateway refused: ${answer.sentence}` : `No answer from the gateway at ${path}`);
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
      const timer = setTimeout(() => settle(null), this.#timeoutMs);
      const settle = (answer: Answer | null): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(answer);
      };
      this.#waiting.set(id, settle);
      if (this.#socket.destroyed) settle(null);
      else this.#socket.write(frame({ id, ...command }));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.destroy();
    });
  }

  #read(chunk: Buffer): void {
    for (const framed of this.#splitter.push(chunk)) {
      if (framed.kind === 'too-large') {
        this.#socket.destroy();
        return;
      }
      const answer = parse(framed.text);
      if (answer && answer.id !== null) this.#waiting.get(answer.id)?.(answer);
    }
  }

  #dropAll(): void {
    for (const settle of [...this.#waiting.values()]) settle(null);
  }
}

function parse(text: string): Answer | null {
  const parsed = ANSWER.safeParse(JSON.parse(text));
  return parsed.success && parsed.data.type !== 'snapshot' ? parsed.data : null;
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
